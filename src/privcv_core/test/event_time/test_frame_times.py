# SPDX-License-Identifier: Apache-2.0
"""A clock that was set is believed after about two seconds, either way; strays change nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privcv_core.event_time.frame_times import FrameTime, FrameTimes

S = 1_000_000_000
START_NS = 1_800_000_000 * S
HOUR_NS, YEAR_NS = 3600 * S, 365 * 86400 * S
FRAME_NS = S // 10


def feed(times: FrameTimes, since_ns: int, frames: int, step_ns: int = FRAME_NS) -> list[FrameTime]:
    return [times.judge(since_ns + index * step_ns) for index in range(frames)]


@pytest.mark.parametrize("step_ns", [-60 * S, -5 * HOUR_NS, -YEAR_NS, 5 * HOUR_NS, YEAR_NS])
@pytest.mark.parametrize("frame_ns", [S // 30, FRAME_NS, S, 5 * S])
def test_a_clock_that_was_set_is_believed_after_two_seconds(step_ns: int, frame_ns: int) -> None:
    times = FrameTimes(jump_ns=HOUR_NS)
    assert set(feed(times, START_NS, 50, frame_ns)) == {FrameTime.NEXT}
    before_ns = times.steady_ns
    judged = feed(times, START_NS + 50 * frame_ns + step_ns, 100, frame_ns)
    believed = judged.index(FrameTime.STEP)
    assert set(judged[:believed]) == {FrameTime.STRAY}
    assert set(judged[believed + 1 :]) == {FrameTime.NEXT}
    assert 2 * S <= believed * frame_ns <= max(2 * S + frame_ns, 2 * frame_ns)
    assert times.steps == 1
    really_ns = 100 * frame_ns
    assert abs(times.steady_ns - before_ns - really_ns) <= frame_ns


@pytest.mark.parametrize("stray_ns", [0, -1, -60 * S, -YEAR_NS, 5 * HOUR_NS, YEAR_NS])
def test_strays_between_frames_are_never_used(stray_ns: int) -> None:
    times = FrameTimes(jump_ns=HOUR_NS)
    for index in range(200):
        stamp_ns = START_NS + index * FRAME_NS
        assert times.judge(stamp_ns) is FrameTime.NEXT
        assert times.judge(stamp_ns + stray_ns) is FrameTime.STRAY
    assert times.behind + times.ahead == 200
    assert times.last_ns == times.steady_ns == START_NS + 199 * FRAME_NS


def test_a_stamp_that_stands_still_is_never_believed() -> None:
    times = FrameTimes()
    times.judge(START_NS)
    assert {times.judge(START_NS - HOUR_NS) for _ in range(1000)} == {FrameTime.STRAY}


def test_a_gap_is_no_step() -> None:
    times = FrameTimes(jump_ns=HOUR_NS)
    feed(times, START_NS, 2)
    assert times.judge(START_NS + HOUR_NS) is FrameTime.NEXT
    assert times.steady_ns == START_NS + HOUR_NS


def test_a_source_that_says_so_is_believed_at_once() -> None:
    times = FrameTimes(jump_ns=HOUR_NS)
    feed(times, START_NS, 10)
    assert times.judge(START_NS - YEAR_NS, era=1) is FrameTime.STEP
    assert times.judge(START_NS - YEAR_NS + FRAME_NS, era=1) is FrameTime.NEXT
    assert times.judge(START_NS, era=0) is FrameTime.STEP  # a source that was started again
    assert times.steady_ns == START_NS + 12 * FRAME_NS


def test_a_source_that_begins_anew_may_begin_at_any_time() -> None:
    times = FrameTimes()
    feed(times, START_NS, 10)
    times.restart()
    assert times.judge(START_NS) is FrameTime.STEP
    times.restart()
    assert times.judge(START_NS + S) is FrameTime.NEXT


@given(st.lists(st.integers(-2 * YEAR_NS, 2 * YEAR_NS) | st.integers(-9 * S, 9 * S), max_size=30))
def test_steady_time_never_goes_back_and_frames_always_come_back(offs_ns: list[int]) -> None:
    times, really_ns = FrameTimes(jump_ns=HOUR_NS), START_NS
    for off_ns in offs_ns:
        for _ in range(7):
            really_ns += FRAME_NS
            before_ns, last_ns = times.steady_ns, times.last_ns
            judged = times.judge(max(0, really_ns + off_ns))
            assert times.steady_ns >= before_ns
            if judged is FrameTime.NEXT and last_ns is not None:
                assert times.last_ns is not None
                assert 0 < times.last_ns - last_ns <= HOUR_NS
    feed(times, really_ns, 25)
    assert set(feed(times, really_ns + 25 * FRAME_NS, 5)) == {FrameTime.NEXT}
