# SPDX-License-Identifier: Apache-2.0
"""A stream's frames are taken when its camera says, whatever the network does to them."""

import random
from itertools import pairwise

import pytest

from privcv_perception.sources.event_clock import StreamClock

MS = 1_000_000
S = 1_000_000_000


def taken(frames: list[tuple[int, int]]) -> list[int]:
    """When frames of (pts, arrival), ns, were taken."""
    clock = StreamClock()
    return [clock.taken_ns(pts_ns, arrived_ns) for pts_ns, arrived_ns in frames]


def test_jitter_of_the_network_is_not_that_of_the_camera():
    chance = random.Random(1)
    frames = [
        (i * 40 * MS, 5 * S + i * 40 * MS + chance.randrange(0, 200 * MS)) for i in range(500)
    ]
    frames.sort(key=lambda frame: frame[1])
    frames = sorted(frames)  # in the order of their pts: the transport keeps it
    arrivals = []
    for pts_ns, arrived_ns in frames:
        arrivals.append((pts_ns, max(arrived_ns, arrivals[-1][1] if arrivals else 0)))
    times = taken(arrivals)
    steps = [later - earlier for earlier, later in pairwise(times[100:])]
    assert max(abs(step - 40 * MS) for step in steps) < 3 * MS
    heard = [later[1] - earlier[1] for earlier, later in pairwise(arrivals[100:])]
    assert max(abs(step - 40 * MS) for step in heard) > 50 * MS  # so it was not so before


def test_a_burst_after_a_pause_keeps_its_times():
    calm = [(i * 40 * MS, S + i * 40 * MS) for i in range(50)]
    held_until = S + 49 * 40 * MS + S
    burst = [((50 + i) * 40 * MS, held_until + i) for i in range(24)]
    times = taken(calm + burst)
    assert times[73] - times[49] == pytest.approx(24 * 40 * MS, abs=5 * MS)


def test_lost_frames_leave_a_gap_of_their_length():
    frames = [(i * 40 * MS, S + i * 40 * MS) for i in range(100) if not 30 <= i < 60]
    times = taken(frames)
    assert times[30] - times[29] == pytest.approx(31 * 40 * MS, abs=MS)


@pytest.mark.parametrize("wrong_ns", [10**18, -(10**18), 10 * S, -10 * S])
def test_one_bad_pts_is_the_time_of_arrival(wrong_ns: int):
    frames = [(i * 40 * MS + (wrong_ns if i == 20 else 0), S + i * 40 * MS) for i in range(60)]
    assert taken(frames) == pytest.approx([S + i * 40 * MS for i in range(60)], abs=MS)


def test_a_stream_whose_clock_was_set_is_followed():
    frames = [(i * 40 * MS + (10**15 if i >= 20 else 0), S + i * 40 * MS) for i in range(60)]
    assert taken(frames) == pytest.approx([S + i * 40 * MS for i in range(60)], abs=MS)


def test_without_any_pts_frames_were_taken_when_they_came():
    frames = [(0, S + i * 40 * MS) for i in range(60)]
    assert taken(frames) == [S + i * 40 * MS for i in range(60)]


@pytest.mark.parametrize("parts_in_a_million", [-300, 300])
def test_the_drift_of_a_camera_s_clock_is_followed(parts_in_a_million: int):
    hour = 3600 * 25
    frames = [
        (i * 40 * MS * (1_000_000 + parts_in_a_million) // 1_000_000, S + i * 40 * MS)
        for i in range(hour)
    ]
    times = taken(frames)
    off = [abs(time - arrived) for time, (_, arrived) in zip(times, frames, strict=True)]
    assert max(off) < 50 * MS


def test_no_frame_is_taken_after_it_came_nor_before_the_one_before():
    chance = random.Random(7)
    arrived, frames = S, []
    for i in range(3000):
        arrived += chance.choice([1, 10 * MS, 40 * MS, 80 * MS])
        frames.append((i * 40 * MS, arrived))
    times = taken(frames)
    assert all(time <= arrived for time, (_, arrived) in zip(times, frames, strict=True))
