# SPDX-License-Identifier: Apache-2.0
"""Equal texts get equal labels; what they say is nowhere: in no output, manifest, log or memory."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_text import PAPER, SIDE_PX, level, write_recognizer, written
from live_messages import TYPES, header, make
from rosbags.rosbag2 import StoragePlugin, Writer

from privcv_core.errors import KeyFileError, SettingsError
from privcv_core.protocol.signing import SigningKey
from privcv_core.settings.model import parse_settings
from privcv_images.bags import anonymize as bags
from privcv_images.bags.image_cdr import RAW
from privcv_images.cli.options import settings_of
from privcv_images.hiding.found import Found
from privcv_images.hiding.model_bytes import ReaderSettings
from privcv_images.hiding.text_reader import TextReader
from privcv_images.recordings import redact as redact_module
from privcv_images.recordings.manifest import read_manifest
from privcv_images.recordings.redact import Redaction
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.recordings.text_labels import TextLabels
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.detector import Detections

SECRET = "b7rthel4711"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> dict:
    path = tmp_path_factory.mktemp("models") / "reader.onnx"
    return {"model": str(path), "sha256": write_recognizer(path)}


def labels_of(reader: dict, key: bytes, texts: list[str]) -> list[str | None]:
    made = TextReader(ReaderSettings(**reader), key)
    return [made.label(written(text)) for text in texts]


def test_equal_texts_and_they_alone_have_equal_labels(reader: dict) -> None:
    rng = np.random.default_rng(1)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    texts = ["".join(rng.choice(list(letters), rng.integers(2, 9))) for _ in range(60)]
    one, other = labels_of(reader, b"k" * 32, texts + texts), labels_of(reader, b"l" * 32, texts)
    assert None not in one
    assert one[:60] == one[60:]
    assert len(set(one)) == len(set(texts))
    assert not set(one) & set(other)
    assert all(len(label) == 16 for label in one)


def test_case_width_spaces_and_dashes_do_not_matter_and_specks_are_no_text(reader: dict) -> None:
    same = labels_of(reader, b"k" * 32, ["abc 12", "ABC-12", "abc12", "ａbc12", "a b c 1 2"])
    assert len(set(same)) == 1
    assert labels_of(reader, b"k" * 32, ["a", "- -", " "]) == [None] * 3
    unsure = np.full((SIDE_PX, 300, 3), level("a") + 2, np.uint8)
    unsure[1::2] += 1  # half-way between two characters
    assert TextReader(ReaderSettings(**reader), b"k" * 32).label(unsure) is None


def test_texts_on_people_are_not_read(reader: dict) -> None:
    line = written("badge")
    frame = np.full((80, line.shape[1], 3), PAPER, np.uint8)
    frame[10 : 10 + SIDE_PX] = line
    text = Region("text", 0, 10, line.shape[1], 10 + SIDE_PX)
    labels = TextLabels(ReaderSettings(**reader))
    assert len(labels.read(frame, [text])) == 1
    body = Region("body", 100, 0, 160, 80, 3)
    assert labels.read(frame, [text, body]) == []
    assert sum(labels.content().values()) == 1


class TextFinder:
    """Finds the line of writing at the place where ``page`` puts it."""

    def __init__(self, width: int) -> None:
        self._region = Region("text", 8, 16, 8 + width, 16 + SIDE_PX)

    def find(self, frame, stamp_s):
        return Found(stamp_s, Detections.empty(), (self._region,))

    def begin_anew(self) -> None:
        pass


def page(text: str) -> np.ndarray:
    line = written(text)
    frame = np.full((64, line.shape[1] + 16, 3), PAPER, np.uint8)
    frame[16 : 16 + SIDE_PX, 8 : 8 + line.shape[1]] = line
    return frame


def given(reader: dict, **more) -> ImagesSettings:
    content = {"people": {"kind": "builtin"}, "text": {"model": "none.onnx"}, "text_labels": reader}
    return parse_settings(ImagesSettings, {**content, **more}, "settings")


def occurs(content: bytes) -> bool:
    """Whether the text is in it, in any usual encoding, with case or without."""
    low = content.lower()
    return any(
        word in low
        for text in (SECRET, SECRET[::-1])
        for word in (text.encode(), text.encode("utf-16-le"), text.encode("utf-32-le"))
    )


def test_a_folder_is_labelled_and_its_texts_are_in_no_file_and_no_log(
    reader: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    width = written(SECRET).shape[1]
    monkeypatch.setattr(redact_module, "Finder", lambda settings, filled: TextFinder(width))
    (tmp_path / "in").mkdir()
    for name, text in (("1", SECRET), ("2", "somebodyels"), ("3", SECRET.replace("b", "B"))):
        cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), page(text))
    key = tmp_path / "text.key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    kept = given({**reader, "key_file": str(key)})
    with pytest.raises(SettingsError, match=r"text_labels.key_file: .*--weak"):
        Redaction(kept, SigningKey.generate())
    for settings, weak, out in ((kept, True, "kept"), (given(reader), False, "drawn")):
        done = list(
            Redaction(settings, SigningKey.generate(), weak=weak).run(
                tmp_path / "in", tmp_path / out
            )
        )
        assert [one.error for one in done] == [""] * 3
        manifests = [read_manifest(tmp_path / out / f"{n}.png.manifest.json") for n in (1, 2, 3)]
        assert [one["anonymous"] for one in manifests] == [not weak] * 3
        labels = [list(one["text_labels"]) for one in manifests]
        assert labels[0] != labels[1]
        assert (labels[0] == labels[2]) == weak, "a key for each output has nothing in common"
        for path in sorted((tmp_path / out).rglob("*.*")):
            assert not occurs(path.read_bytes()), path
        shown = cv2.imread(str(tmp_path / out / "1.png"))
        assert not (shown[16:40, 8:-8] == page(SECRET)[16:40, 8:-8]).all(axis=2).any()
    assert not occurs(caplog.text.encode())


def test_equal_texts_of_a_bag_are_counted(
    reader: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection("/image", RAW, typestore=TYPES)
        for index in range(12):
            frame = page(SECRET if index < 7 else "somebodyels")
            height, width = frame.shape[:2]
            stamp_ns = 10**12 + index * 10**8
            data = frame.reshape(-1)
            message = make(
                RAW, header(stamp_ns), height, width, "bgr8", 0, 3 * width, data
            )  # fmt: skip
            writer.write(connection, stamp_ns, TYPES.serialize_cdr(message, RAW))
    make_finder = lambda settings: TextFinder(written(SECRET).shape[1])  # noqa: E731
    made = bags.BagAnonymizer(given(reader), make_finder).run(tmp_path / "bag", tmp_path / "out")
    assert made.anonymous
    assert sorted(made.images["/image"].content()["text_labels"].values()) == [5, 7]
    assert not any(occurs(path.read_bytes()) for path in (tmp_path / "out").iterdir())


MEMORY = """
import json, sys
import numpy as np
from privcv_perception.frames.hardening import harden
harden()
from privcv_images.hiding.model_bytes import ReaderSettings
from privcv_images.hiding.text_reader import TextReader
line = np.load(sys.argv[1])
made = TextReader(ReaderSettings(**json.loads(sys.argv[2])), b"k" * 32)
label = "" if sys.argv[4] == "idle" else made.label(line)
wanted = bytes(255 - byte for byte in bytes.fromhex(sys.argv[3]))
kept = bytes(255 - byte for byte in bytes.fromhex(sys.argv[3])) if sys.argv[4] == "kept" else b""
places = 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for row in maps.read().splitlines():
        place, rights = row.split()[:2]
        begin, end = (int(one, 16) for one in place.split("-"))
        if "r" in rights and "w" in rights and "[v" not in row:
            memory.seek(begin)
            try:
                content = memory.read(end - begin)
            except (OSError, ValueError):
                continue
            places += content.count(wanted)
            del content
print(json.dumps([label, places]))
"""


def test_no_text_stays_in_memory(reader: dict, tmp_path: Path) -> None:
    """A process looks for the text in all of its own memory, where the question stands anyway: as
    often after it has read the text as where it read none, and more often where a copy is kept."""
    np.save(tmp_path / "line.npy", written(SECRET))
    inverse = bytes(255 - byte for byte in SECRET.encode()).hex()
    places = {}
    for what in ("idle", "read", "kept"):
        words = [MEMORY, str(tmp_path / "line.npy"), json.dumps(reader), inverse, what]
        done = subprocess.run(
            [sys.executable, "-c", *words], capture_output=True, text=True, check=True, timeout=200
        )
        label, places[what] = json.loads(done.stdout)
        if what == "read":
            assert label == labels_of(reader, b"k" * 32, [SECRET])[0]
    assert 0 < places["idle"] == places["read"] < places["kept"]


def test_what_cannot_be_used_is_said(reader: dict, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="text_labels: need 'text'"):
        parse_settings(ImagesSettings, {"text_labels": reader}, "settings")
    short = tmp_path / "short.key"
    short.write_bytes(b"x" * 8)
    short.chmod(0o600)
    with pytest.raises(KeyFileError, match="holds 8 bytes"):
        TextLabels(ReaderSettings(**reader, key_file=short))
    options = dict.fromkeys(
        ("settings_file", "kind", "people_model", "face_model", "plate_model"), None
    )
    with pytest.raises(SettingsError, match=r"--text hash: needs ch_PP-OCRv4_det_infer.onnx"):
        settings_of(**options, text_kind="hash", text_models=None)
    asked = settings_of(**options, text_kind="hash", text_models=tmp_path)
    assert asked.text_labels.model == tmp_path / "ch_PP-OCRv4_rec_infer.onnx"
    asked = settings_of(**options, text_kind="redact", text_models=tmp_path)
    assert asked.text_labels is None
    assert asked.text is not None
