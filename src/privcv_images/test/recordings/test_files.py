# SPDX-License-Identifier: Apache-2.0
"""What is written holds the pixels that may be seen, and nothing else of the file that was read."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from scripted_finder import WhiteSquareFinder, picture

from privcv_core.errors import SettingsError
from privcv_core.protocol.signing import SigningKey
from privcv_images.errors import ImagesError
from privcv_images.recordings import redact as redact_module
from privcv_images.recordings.image_codec import decode, encode
from privcv_images.recordings.manifest import read_manifest
from privcv_images.recordings.redact import Redaction
from privcv_images.recordings.settings import ImagesSettings
from privcv_perception.detection.settings import DetectorSettings

CANARY = b"52.5200N 13.4050E somebody's garden"
KEY = SigningKey.generate()
SETTINGS = ImagesSettings(people=DetectorSettings(kind="builtin"))


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> WhiteSquareFinder:
    made = WhiteSquareFinder()
    monkeypatch.setattr(redact_module, "Finder", lambda settings, filled: made)
    return made


def redact(source: Path, target: Path, settings=SETTINGS, weak=False, key=KEY) -> list:
    return list(Redaction(settings, key, weak=weak).run(source, target))


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with an EXIF that turns it, names a place, and holds a thumbnail of itself."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    name = struct.pack(">HHII", 0x010E, 2, len(CANARY), 38)
    tiff = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2) + name + entry + b"\0\0\0\0"
    exif = b"Exif\0\0" + tiff + CANARY + jpeg[:4000]
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    comment = b"\xff\xfe" + struct.pack(">H", len(CANARY) + 2) + CANARY
    return jpeg[:2] + segment + comment + jpeg[2:] + CANARY


def write_video(path: Path, frames: list[np.ndarray], codec: str = "MJPG") -> Path:
    size = (frames[0].shape[1], frames[0].shape[0])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10.0, size)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        frames.append(read[1])
    return frames


def test_nothing_of_a_pictures_file_but_its_pixels_goes_along(tmp_path, finder) -> None:
    original = encode(picture(20), "jpeg")
    source = tmp_path / "a.jpg"
    source.write_bytes(with_exif(original, 6))
    assert CANARY in source.read_bytes()
    (done,) = redact(source, tmp_path / "out.jpg")
    content = done.target.read_bytes()
    assert CANARY not in content
    assert b"Exif" not in content
    assert content.count(b"\xff\xd8\xff") == 1  # no thumbnail
    shown = decode(content, "out")
    assert shown.shape == (160, 120, 3)  # upright, as EXIF said
    assert not (shown > 240).all(axis=2).any()


@pytest.mark.parametrize("end", [".png", ".jpg"])
def test_a_weak_picture_is_labelled_in_pixels_metadata_and_manifest(tmp_path, finder, end) -> None:
    source = tmp_path / f"a{end}"
    source.write_bytes(encode(picture(20), "png" if end == ".png" else "jpeg"))
    settings = SETTINGS.model_validate({**SETTINGS.model_dump(), "redaction": {"kind": "pixelate"}})
    with pytest.raises(SettingsError, match="--weak"):
        redact(source, tmp_path / f"b{end}", settings)
    (done,) = redact(source, tmp_path / f"b{end}", settings, weak=True)
    assert b"NOT ANONYMOUS" in done.target.read_bytes()
    manifest = read_manifest(tmp_path / f"b{end}.manifest.json")
    assert manifest["anonymous"] is False
    assert manifest["label"] == "NOT ANONYMOUS"
    corner = cv2.imread(str(done.target))[:14, :60]
    assert (corner > 200).all(axis=2).any()  # white letters on a dark picture
    strong = redact(source, tmp_path / f"c{end}")[0].target
    assert b"NOT ANONYMOUS" not in strong.read_bytes()


def test_a_picture_whose_detector_failed_is_not_written(tmp_path, finder) -> None:
    finder.fails_at = (0.0,)
    source = tmp_path / "a.png"
    source.write_bytes(encode(picture(20), "png"))
    (done,) = redact(source, tmp_path / "b.png")
    assert (done.frames, done.withheld) == (1, 1)
    assert not done.target.exists()
    manifest = read_manifest(tmp_path / "b.png.manifest.json", KEY.public)
    assert manifest["withheld_ns"] == {"detector": ["0"]}


def test_a_video_keeps_its_frames_and_loses_whoever_walks_there(tmp_path, finder) -> None:
    finder.fails_at = (3.0,)
    source = write_video(tmp_path / "a.avi", [picture(index) for index in range(70)])
    (done,) = redact(source, tmp_path / "b.avi")
    shown = frames_of(done.target)
    assert (len(shown), done.frames, done.withheld) == (70, 70, 1)
    assert not any((frame > 230).all(axis=2).any() for frame in shown)
    assert np.ptp(shown[30].astype(int)) <= 4  # withheld: one grey
    assert abs(shown[10].astype(int) - picture(10, person=False)).mean() > 3  # black where it was
    far = np.s_[:30, :]  # what is not hidden is as it was, but for the codec
    assert abs(shown[10][far].astype(int) - picture(10)[far]).mean() < 6
    manifest = read_manifest(tmp_path / "b.avi.manifest.json", KEY.public)
    assert manifest["withheld_ns"] == {"detector": ["3000000000"]}
    assert manifest["published"] == 69


def test_background_is_what_was_behind_and_does_not_flicker(tmp_path, finder) -> None:
    source = write_video(tmp_path / "a.avi", [picture(index) for index in range(70)])
    settings = SETTINGS.model_validate(
        {**SETTINGS.model_dump(), "redaction": {"kind": "background"}}
    )
    (done,) = redact(source, tmp_path / "b.avi", settings)
    shown = np.stack(frames_of(done.target)).astype(float)
    empty = picture(person=False).astype(float)
    assert abs(shown - empty).mean() < 4  # the codec, twice
    assert shown.std(axis=0).mean() <= 2.0


def test_a_scene_that_was_never_empty_is_refused(tmp_path, finder) -> None:
    frame = np.full((120, 160, 3), 255, np.uint8)
    source = write_video(tmp_path / "a.avi", [frame] * 20)
    settings = SETTINGS.model_validate(
        {**SETTINGS.model_dump(), "redaction": {"kind": "background"}}
    )
    with pytest.raises(ImagesError, match="never seen empty"):
        redact(source, tmp_path / "b.avi", settings)
    assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg to make a video with sound")
def test_sound_subtitles_and_places_stay_behind(tmp_path, finder) -> None:
    video = write_video(tmp_path / "v.avi", [picture(index) for index in range(30)])
    (tmp_path / "s.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nsomebody's name\n")
    source = tmp_path / "a.mkv"
    command = ["ffmpeg", "-v", "error", "-i", str(video), "-f", "lavfi", "-i", "sine=d=3"]
    command += ["-i", str(tmp_path / "s.srt"), "-metadata", "location=+52.5200+013.4050/"]
    command += ["-c:v", "copy", "-c:a", "aac", "-c:s", "srt", "-shortest", str(source)]
    subprocess.run(command, check=True)
    assert b"somebody's name" in source.read_bytes()
    (done,) = redact(source, tmp_path / "b.mkv")
    content = done.target.read_bytes()
    assert b"somebody's name" not in content
    assert b"+52.5200" not in content
    assert b"A_AAC" in source.read_bytes()
    assert b"A_AAC" not in content


def test_nothing_is_overwritten_and_a_folder_goes_on(tmp_path, finder) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.png", "deep/b.png"):
        (folder / name).write_bytes(encode(picture(20), "png"))
    (folder / "notes.txt").write_text("no picture")
    out = tmp_path / "out"
    first = redact(folder, out)
    assert [done.before for done in first] == [False, False]
    assert sorted(path.name for path in out.rglob("*.*")) == [
        "a.png", "a.png.manifest.json", "b.png", "b.png.manifest.json",
    ]  # fmt: skip
    kept = (out / "a.png").read_bytes(), (out / "a.png").stat().st_mtime_ns
    (out / "deep" / "b.png").unlink()
    (out / "deep" / "b.png.manifest.json").unlink()  # as if interrupted before it
    seen = finder.seen
    again = redact(folder, out)
    assert [done.before for done in again] == [True, False]
    assert finder.seen == seen + 1
    assert ((out / "a.png").read_bytes(), (out / "a.png").stat().st_mtime_ns) == kept
    (out / "a.png.manifest.json").unlink()
    assert "exists already" in redact(folder, out)[0].error
    assert (out / "a.png").read_bytes() == kept[0]


def test_what_was_done_with_other_settings_or_changed_since_is_not_taken(tmp_path, finder) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(encode(picture(20), "png"))
    target = tmp_path / "b.png"
    redact(source, target)
    other = SETTINGS.model_validate({**SETTINGS.model_dump(), "redaction": {"grey": 9}})
    with pytest.raises(ImagesError, match="other settings"):
        redact(source, target, other)
    with pytest.raises(ImagesError, match="is signed by"):
        redact(source, target, key=SigningKey.generate())
    target.write_bytes(target.read_bytes() + b"x")
    with pytest.raises(ImagesError, match="changed or cut"):
        redact(source, target)


def test_a_manifest_that_was_changed_is_refused_and_holds_no_boxes(tmp_path, finder) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(encode(picture(20), "png"))
    redact(source, tmp_path / "b.png")
    path = tmp_path / "b.png.manifest.json"
    document = json.loads(path.read_text())
    assert set(document["manifest"]) == {
        "kind", "input_sha256", "output_sha256", "version", "anonymous", "redaction",
        "settings_sha256", "looked_for", "frames", "published", "withheld_ns",
    }  # fmt: skip
    document["manifest"]["published"] = 0
    path.write_text(json.dumps(document))
    with pytest.raises(ImagesError, match="changed after it was signed"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.png", b"no picture", "is no JPEG or PNG"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 60000, 60000), "16384"),
        ("a.jpg", encode(picture(), "jpeg")[:200], "states no size|cannot be decoded"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, finder, name, content, words) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImagesError, match=words):
        redact(tmp_path / name, tmp_path / f"out-{name}")


def test_a_detector_that_raises_is_a_frame_that_failed() -> None:
    from privcv_images.recordings.finder import Finder

    found = Finder(SETTINGS).find(np.zeros((10, 10), np.uint8), 0.0)  # no BGR image
    assert found.failed == "detector"
