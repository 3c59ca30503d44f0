# SPDX-License-Identifier: Apache-2.0
"""A recording is played by its own times, and no single stamp stops it."""

from privcv_core.event_time.frame_times import FrameTime, recorded_times
from privcv_core.event_time.pace import Pace

S = 10**9
YEARS_10 = 10 * 365 * 86_400 * S


def test_frames_are_due_as_they_were_recorded():
    now = [100.0]
    pace = Pace(2.0, lambda: now[0])
    assert pace.wait_s(1000 * S) == 0
    assert pace.wait_s(1004 * S) == 2.0
    now[0] = 103.0
    assert pace.wait_s(1005 * S) == -0.5


def test_nobody_waits_for_a_stray():
    pace = Pace(1.0, lambda: 0.0)
    assert pace.wait_s(1000 * S) == 0
    assert pace.wait_s(1000 * S + YEARS_10) is None
    assert pace.wait_s(1000 * S + S // 10) == 0.1
    assert pace.wait_s(900 * S) is None


def judged(*seconds: float) -> list[FrameTime]:
    times = recorded_times()
    return [times.judge(int(second * S)) for second in seconds]


def test_one_stamp_that_is_ahead_by_anything_is_dropped_and_the_next_one_taken():
    for ahead_s in (60, 3600, 80_000, 10**8):
        script = [1000, 1000.1, 1000.2 + ahead_s, 1000.3, 1000.4]
        kinds = judged(*script)
        assert kinds == [FrameTime.NEXT] * 2 + [FrameTime.STRAY] + [FrameTime.NEXT] * 2, ahead_s


def test_a_gap_is_believed_after_three_frames_and_nothing_was_set():
    times = recorded_times()
    kinds = [times.judge(int(s * S)) for s in (1000, 1000.1, 4600, 4600.1, 4600.2, 4600.3)]
    assert kinds == [FrameTime.NEXT] * 2 + [FrameTime.STRAY] * 2 + [FrameTime.NEXT] * 2
    assert (times.ahead, times.steps) == (2, 0)
    assert times.steady_ns == int(4600.3 * S)


def test_a_camera_that_gives_a_frame_a_minute_loses_two_of_them_and_no_more():
    kinds = judged(*(60.0 * index for index in range(1, 100)))
    assert kinds.count(FrameTime.STRAY) == 2
    assert set(kinds[4:]) == {FrameTime.NEXT}


def test_a_stray_that_comes_first_is_forgotten_after_two_seconds():
    kinds = judged(10**8, *(1000 + index / 10 for index in range(40)))
    assert kinds[0] is FrameTime.NEXT
    assert kinds.count(FrameTime.STRAY) == 20
    assert kinds[21] is FrameTime.STEP
    assert set(kinds[22:]) == {FrameTime.NEXT}
