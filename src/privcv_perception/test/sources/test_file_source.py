# SPDX-License-Identifier: Apache-2.0
"""A video file gives exact times, every frame, and clear errors."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_perception.errors import SourceError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources import SourceSettings, open_source
from privcv_perception.sources.file import FileSource

START = "2026-01-31T08:00:00Z"
START_NS = 1_769_846_400 * 10**9


def write(
    path: Path,
    frames: int,
    size: tuple[int, int] = (64, 48),
    fps: float = 10.0,
    codec: str = "FFV1",
) -> Path:
    """A video whose frame i is i * 5 everywhere, exactly."""
    fourcc = cv2.VideoWriter.fourcc(*codec)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, fps, size)
    for index in range(frames):
        writer.write(np.full((size[1], size[0], 3), index * 5, np.uint8))
    writer.release()
    return path


def play(path: Path, **settings: object) -> tuple[FileSource, list[FrameStamp], list[int]]:
    source = FileSource(SourceSettings(kind="file", uri=str(path), **{"start": START, **settings}))
    source.open()
    frame = FrameBuffer(*source.size)
    stamps, levels = [], []
    while (stamp := source.read(frame)) is not None:
        stamps.append(stamp)
        levels.append(int(frame.pixels[0, 0, 0]))
        assert (frame.pixels == frame.pixels[0, 0, 0]).all()
        frame.wipe()
    return source, stamps, levels


def test_every_frame_comes_once_in_order_with_its_exact_time(tmp_path: Path):
    source, stamps, levels = play(write(tmp_path / "v.avi", 20))
    assert levels == [5 * index for index in range(20)]
    assert stamps == [FrameStamp(i, START_NS + i * 100_000_000) for i in range(20)]
    assert "end of the file" in source.ending


def test_a_rate_of_thirty_thousand_by_1001_does_not_drift(tmp_path: Path):
    _, stamps, _ = play(write(tmp_path / "v.avi", 31), fps=30_000 / 1001)
    assert stamps[30].time_ns - START_NS == 1_001_000_000


def test_the_frame_rate_can_be_corrected(tmp_path: Path):
    _, stamps, _ = play(write(tmp_path / "v.avi", 8), fps=7.0)
    assert stamps[7].time_ns - START_NS == 10**9


def test_without_a_start_the_file_s_own_time_counts(tmp_path: Path):
    import os

    path = write(tmp_path / "v.avi", 1)
    os.utime(path, (1e9 + 0.75, 1e9 + 0.75))
    _, stamps, _ = play(path, start="file")
    assert stamps[0].time_ns == 10**18


def test_a_loop_goes_on_in_time(tmp_path: Path):
    path = write(tmp_path / "v.avi", 3)
    source = FileSource(SourceSettings(kind="file", uri=str(path), start=START, loop=True))
    source.open()
    frame = FrameBuffer(*source.size)
    stamps = [source.read(frame) for _ in range(8)]
    assert stamps == [FrameStamp(i, START_NS + i * 100_000_000) for i in range(8)]
    source.close()


def test_a_paced_file_waits_and_can_be_interrupted(tmp_path: Path):
    path = write(tmp_path / "v.avi", 5)
    source = open_source(SourceSettings(kind="file", uri=str(path), start=START, rate=0.001))
    source.open()
    frame = FrameBuffer(*source.size)
    assert source.read(frame) is not None
    source.interrupt()
    assert source.read(frame) is None
    source.close()


def test_a_late_reader_loses_frames_only_where_asked_to(tmp_path: Path):
    path = write(tmp_path / "v.avi", 20)
    for drop_late in (False, True):
        source = FileSource(
            SourceSettings(kind="file", uri=str(path), start=START, rate=50.0, drop_late=drop_late)
        )
        source.open()
        frame = FrameBuffer(*source.size)
        stamps = [source.read(frame)]
        time.sleep(0.02)  # ten frames' time
        while (stamp := source.read(frame)) is not None:
            stamps.append(stamp)
        got = [stamp.index for stamp in stamps if stamp is not None]
        assert got == sorted(set(got))
        assert len(got) + source.dropped == 20
        assert (source.dropped > 0) == drop_late


def test_a_truncated_file_gives_its_frames_and_says_so(tmp_path: Path):
    whole = write(tmp_path / "whole.avi", 40, size=(320, 240))
    part = tmp_path / "part.avi"
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    source, stamps, levels = play(part)
    assert 5 < len(stamps) < 40
    assert levels == [5 * index for index in range(len(stamps))]
    assert source.ending.endswith("part.avi: ended early, the file is truncated")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such video file"),
        (b"", "cannot be read as a video"),
        (b"this is no video" * 100, "cannot be read as a video"),
    ],
)
def test_what_is_no_video_is_a_clear_error(tmp_path: Path, content: bytes | None, words: str):
    path = tmp_path / "v.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        play(path)


def test_a_video_of_one_pixel_is_refused(tmp_path: Path):
    path = tmp_path / "v.avi"
    write(path, 3, size=(2, 2))
    with pytest.raises(SourceError, match="too small to see a person"):
        play(path)


def test_an_8k_frame_is_read(tmp_path: Path):
    _, stamps, _ = play(write(tmp_path / "v.avi", 1, size=(7680, 4320), codec="MJPG"))
    assert len(stamps) == 1


def test_a_grey_video_becomes_colour(tmp_path: Path):
    path = tmp_path / "v.avi"
    fourcc = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, 10.0, (64, 48), False)
    writer.write(np.full((48, 64), 77, np.uint8))
    writer.release()
    _, stamps, levels = play(path)
    assert len(stamps) == 1
    assert levels == [77]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"kind": "file", "uri": "a", "start": "yesterday"}, "2026-01-31T08:00:00Z"),
        ({"kind": "rtsp", "uri": "http://camera"}, "rtsp://"),
        ({"kind": "v4l2", "uri": "0", "loop": True}, "settings of a file"),
        ({"kind": "file"}, "uri: is required"),
        ({"kind": "file", "uri": "a", "fsp": 3}, "did you mean 'fps'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(content: dict, words: str):
    with pytest.raises(SettingsError, match=words):
        parse_settings(SourceSettings, content, "camera.yaml")


def test_a_relative_path_is_relative_to_the_settings_file(tmp_path: Path):
    settings = parse_settings(
        SourceSettings, {"kind": "file", "uri": "a/../v.avi"}, "camera.yaml", tmp_path
    )
    assert settings.uri == str(tmp_path / "v.avi")


def test_a_password_is_never_shown():
    settings = SourceSettings(kind="rtsp", uri="rtsp://me:s3cret@10.0.0.1/live")
    assert settings.label == "rtsp rtsp://***@10.0.0.1/***"
