# SPDX-License-Identifier: Apache-2.0
"""Times of a file go on over joints; a stray one, wherever it lies, moves no other."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privcv_perception.sources.own_times import OwnTimes

MS = 10**6
STEP = 40 * MS
parts = st.lists(st.integers(4, 60), min_size=1, max_size=5)
"""How many frames each recording holds that was joined on."""


def even(count: int, first: int = 0) -> list[int]:
    return [first + index * STEP for index in range(count)]


def placed(own: list[int]) -> list[int | None]:
    times = OwnTimes()
    return [times.place(time_ns) for time_ns in own]


@given(st.lists(st.integers(1, 29_000 * MS), max_size=60), st.integers(-(10**9), 10**15))
def test_times_that_grow_are_as_they_are(gaps: list[int], first: int):
    own = list(accumulate(gaps, initial=first))
    assert placed(own) == own


@given(parts)
def test_joined_recordings_last_as_long_as_all_of_them(counts: list[int]):
    own = [time_ns for count in counts for time_ns in even(count)]
    starts = list(accumulate(counts))[:-1]
    lost = {place for start in starts for place in (start, start + 1)}
    assert placed(own) == [None if index in lost else index * STEP for index in range(sum(counts))]


@given(
    st.integers(8, 40), st.integers(1, 35),
    st.one_of(st.integers(-(10**18), 10**18), st.integers(0, 40 * STEP)),
)  # fmt: skip
def test_one_stray_time_moves_no_other(count: int, place: int, stray: int):
    own = even(count)
    place = min(place, count - 2)
    others = own[:place] + own[place + 1 :]
    own[place] = stray
    found = placed(own)
    del found[place]
    # Until the third one after it, they may be taken for strays themselves.
    assert all(time_ns in (None, expected) for time_ns, expected in zip(found, others, strict=True))
    assert found.count(None) <= 2 + (0 <= stray - others[place - 1] <= 30_000 * MS) * 2


def test_a_gap_is_time_that_passed():
    own = [*even(5), *even(5, 3_600_000 * MS), *even(5, 7_200_000 * MS)]
    assert placed(own) == own


@pytest.mark.parametrize("first_ms", [-200, 0, 95_443_717])
def test_a_first_time_other_than_0_is_kept(first_ms: int):
    assert placed(even(5, first_ms * MS)) == even(5, first_ms * MS)


def test_frames_that_were_exchanged_cost_one_each():
    own = even(20)
    swapped = [own[index ^ 1] for index in range(20)]
    found = [time_ns for time_ns in placed(swapped) if time_ns is not None]
    assert found == own[1::2]
