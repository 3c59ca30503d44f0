# SPDX-License-Identifier: Apache-2.0
"""UTC offsets of a time zone, and the second at which each change of the clocks comes."""

import functools
from datetime import datetime, tzinfo

from privcv_core.settings.time_zone import time_zone

HOUR_S = 3600
BLOCK_S = 32 * 24 * HOUR_S
"""Changes are looked for so much at a time: a clock that is asked all day looks once a month."""


def offset_at(zone: str, at_s: int) -> int:
    """Offset of the IANA time zone ``zone`` from UTC at ``at_s``, s since the Unix epoch, in s."""
    return _offset(time_zone(zone), at_s)


def offset_changes(zone: str, from_s: int, until_s: int) -> list[tuple[int, int]]:
    """When the offset changes after ``from_s`` and before ``until_s``, in order, and to what, s.

    A change is the first second with the later offset; two within an hour are taken for one.
    """
    first, last = from_s // BLOCK_S, (until_s - 1) // BLOCK_S
    return [
        change
        for block in range(first, last + 1)
        for change in _changes_in(zone, block)
        if from_s < change[0] < until_s
    ]


@functools.lru_cache(maxsize=64)
def _changes_in(zone: str, block: int) -> tuple[tuple[int, int], ...]:
    at = time_zone(zone)
    start_s = block * BLOCK_S
    changes = []
    before = _offset(at, start_s - HOUR_S)
    for now_s in range(start_s, start_s + BLOCK_S, HOUR_S):
        after = _offset(at, now_s)
        if after != before:
            changes.append((_change(at, now_s - HOUR_S, now_s), after))
            before = after
    return tuple(changes)


def _change(at: tzinfo, before_s: int, after_s: int) -> int:
    """The second after ``before_s`` and up to ``after_s`` from which on the later offset holds."""
    earlier = _offset(at, before_s)
    while after_s - before_s > 1:
        middle_s = (before_s + after_s) // 2
        if _offset(at, middle_s) == earlier:
            before_s = middle_s
        else:
            after_s = middle_s
    return after_s


def _offset(at: tzinfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, at).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
