# SPDX-License-Identifier: Apache-2.0
"""Files as they are: variable rates, cut clips, broken frames, phones held upright.

The truth is how each clip was made (``media``), the pictures tell which frame is which.
"""

from pathlib import Path

import pytest
from media import (
    CODECS,
    break_frames,
    grey,
    index_near,
    write_clip,
    write_turned,
    write_with_times,
)

from privcv_perception.errors import BadFrameError, SourceError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.frames.dropped import Dropped
from privcv_perception.sources import SourceSettings
from privcv_perception.sources.file import FileSource

START_NS = 1_769_846_400 * 10**9
TICKS = [0, 4, 8, 12, 70, 74, 300, 301, 1200, 1210, 1211, 2900, 2904, 2950]
"""Hundredths of a second: 14 frames in 29.5 s, as motion-triggered recorders give them."""


def play(path: Path, **settings: object) -> tuple[list[tuple[int, float, int]], list[Dropped]]:
    """(index, seconds after the start, index by its picture) of each frame; what was dropped."""
    given = {"start": "2026-01-31T08:00:00Z", **settings}
    source = FileSource(SourceSettings(kind="file", uri=str(path), **given))
    source.open()
    frame = FrameBuffer(*source.size)
    seen, dropped = [], []
    while True:
        try:
            stamp = source.read(frame)
        except BadFrameError as error:
            dropped.append(error.kind or Dropped.EMPTY)
            continue
        if stamp is None:
            return seen, dropped
        after_s = (stamp.time_ns - START_NS) / 10**9
        seen.append((stamp.index, after_s, index_near(float(frame.pixels.mean()))))


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_a_frame_s_time_is_its_own_at_a_variable_rate(tmp_path: Path, suffix: str):
    seen, dropped = play(write_with_times(tmp_path / f"clip{suffix}", TICKS))
    assert [index for index, _, _ in seen] == list(range(len(TICKS)))
    if CODECS[suffix] == "MJPG":  # the other one blurs in time
        assert [shown for _, _, shown in seen] == list(range(len(TICKS)))
    assert [after_s for _, after_s, _ in seen] == pytest.approx([t / 100 for t in TICKS])
    assert not dropped


def test_a_transport_stream_that_states_twice_its_rate_is_not_believed(tmp_path: Path):
    seen, _ = play(write_clip(tmp_path / "clip.ts", 26, "mp4v", fps=12.5))
    assert seen[-1][1] == pytest.approx(2.0)


def test_recordings_that_were_joined_are_as_long_as_all_of_them(tmp_path: Path):
    """As the hours of a recorder put together: the times of each begin at 0."""
    part = write_clip(tmp_path / "part.ts", 40, "mp4v", 12.5).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part * 3)
    seen, dropped = play(tmp_path / "joined.ts")
    assert seen[-1][1] == pytest.approx(119 / 12.5)
    assert [after_s for _, after_s, _ in seen] == pytest.approx(
        [index / 12.5 for index, _, _ in seen]
    )
    # Two at each joint, until the third says that it is one.
    assert dropped == [Dropped.NO_TIME, Dropped.BEHIND] * 2
    assert len(seen) == 120 - 4


def test_a_rate_that_is_set_is_that_of_the_frames(tmp_path: Path):
    seen, _ = play(write_with_times(tmp_path / "clip.mkv", TICKS), fps=7.0)
    assert [after_s for _, after_s, _ in seen] == pytest.approx([i / 7 for i in range(len(TICKS))])


def test_a_loop_over_a_variable_rate_goes_on_in_time(tmp_path: Path):
    path = write_with_times(tmp_path / "clip.mkv", [0, 5, 90])
    source = FileSource(
        SourceSettings(kind="file", uri=str(path), start="2026-01-31T08:00:00Z", loop=True)
    )
    source.open()
    frame = FrameBuffer(*source.size)
    stamps = [source.read(frame) for _ in range(7)]
    times = [stamp.time_ns for stamp in stamps if stamp is not None]
    assert len(times) == 7
    assert times == sorted(set(times))
    source.close()


@pytest.mark.parametrize("codec", ["MJPG", "XVID"])
def test_four_broken_frames_cost_four_frames(tmp_path: Path, codec: str):
    broken = {50, 51, 80, 120}
    clip = write_clip(tmp_path / "clip.avi", 200, codec, size=(160, 120))
    seen, dropped = play(break_frames(clip, broken))
    whole = [index for index in range(200) if index not in broken]
    assert [index for index, _, _ in seen] == whole
    assert [after_s for _, after_s, _ in seen] == pytest.approx([index / 10 for index in whole])
    assert dropped == [Dropped.UNDECODABLE] * 4


@pytest.mark.parametrize("broken", [range(10), range(30, 40)], ids=["first", "last"])
def test_broken_frames_at_either_end_are_counted_too(tmp_path: Path, broken: range):
    seen, dropped = play(break_frames(write_clip(tmp_path / "clip.avi", 40), broken))
    assert [index for index, _, _ in seen] == [i for i in range(40) if i not in broken]
    assert dropped == [Dropped.UNDECODABLE] * 10


def test_a_file_of_broken_frames_is_an_error(tmp_path: Path):
    clip = break_frames(write_clip(tmp_path / "clip.avi", 20), range(20))
    with pytest.raises(SourceError, match="no frame that can be decoded"):
        play(clip)


def test_a_file_whose_frames_were_all_overwritten_is_told_from_one_without_a_rate(tmp_path: Path):
    path = write_clip(tmp_path / "clip.mp4", 20, "mp4v")
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat") + 4
    end = content.rindex(b"moov") - 4
    content[begin:end] = b"\x55" * (end - begin)
    path.write_bytes(content)
    with pytest.raises(SourceError, match="holds no frame that can be decoded"):
        play(path)


def test_a_loop_over_broken_frames_is_no_loop_for_ever(tmp_path: Path):
    clip = break_frames(write_clip(tmp_path / "clip.avi", 20), range(20))
    with pytest.raises(SourceError, match="no frame that can be decoded"):
        play(clip, loop=True)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_what_a_phone_recorded_upright_is_played_upright(tmp_path: Path, degrees: int):
    path = write_turned(tmp_path / "phone.mp4", degrees)
    source = FileSource(SourceSettings(kind="file", uri=str(path)))
    source.open()
    assert source.size == (64, 48)
    frame = FrameBuffer(*source.size)
    assert source.read(frame) is not None
    assert frame.pixels[:10].mean() > 240
    assert frame.pixels[16:].mean() == pytest.approx(100, abs=8)
    source.close()


def test_nothing_is_said_to_be_missing_from_a_file_that_is_whole(tmp_path: Path):
    path = write_with_times(tmp_path / "clip.webm", TICKS)
    source = FileSource(SourceSettings(kind="file", uri=str(path)))
    assert source.ending == f"{path}: end of the file"


@pytest.mark.parametrize("suffix", [".avi", ".mp4"])
def test_what_ends_before_it_says_is_truncated(tmp_path: Path, suffix: str):
    whole = write_clip(tmp_path / f"whole{suffix}", 40, "MJPG", size=(320, 240))
    source = FileSource(SourceSettings(kind="file", uri=str(whole)))
    assert "truncated" not in source.ending
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "truncated" in source.ending


def test_a_name_that_is_no_utf_8_is_one_line(tmp_path: Path):
    path = Path(str(tmp_path / "caf\udce9.avi"))
    path.write_bytes(b"x")
    source = FileSource(SourceSettings.model_construct(kind="file", uri=str(path), fps=0.0))
    with pytest.raises(SourceError, match="not UTF-8"):
        source.open()


def test_levels_are_told_apart():
    assert [index_near(grey(index)) for index in range(50)] == list(range(50))
