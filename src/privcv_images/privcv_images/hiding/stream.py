# SPDX-License-Identifier: Apache-2.0
"""Hiding plans of a recording of any length: in segments that overlap, so that memory stays small.

A plan looks ahead and back: whoever reads the frames a second time follows that far behind. At
the border of two segments a person goes on under another number.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from privcv_images.hiding.found import Found, FramePlan
from privcv_images.hiding.plan import plan_frames
from privcv_images.hiding.settings import HidingSettings
from privcv_images.redactions.redaction import NO_TRACK

SEGMENT = 1500
"""Frames that are planned together, and ``AROUND`` more on each side to look at."""
AROUND = 150


def plan_stream(
    found: Iterable[tuple[tuple[int, int], Found]], settings: HidingSettings
) -> Iterator[FramePlan]:
    """The plan of each frame, in its order; each comes with its (width, height), px.

    A frame of another size than those before begins anew.
    """
    waiting: list[Found] = []
    size, before, first_number = (0, 0), 0, 0
    for new_size, one in found:
        if new_size != size:
            for plan in _planned(waiting, size, settings, first_number)[before:]:
                yield plan
                first_number = max(first_number, _next_number(plan))
            waiting, size, before = [], new_size, 0
        waiting.append(one)
        if len(waiting) == before + SEGMENT + AROUND:
            plans = _planned(waiting, size, settings, first_number)
            yield from plans[before : before + SEGMENT]
            first_number = max(first_number, *map(_next_number, plans))
            kept = max(before + SEGMENT - AROUND, 0)
            waiting, before = waiting[kept:], before + SEGMENT - kept
    yield from _planned(waiting, size, settings, first_number)[before:]


def _planned(
    waiting: list[Found], size: tuple[int, int], settings: HidingSettings, first: int
) -> list[FramePlan]:
    """The plans, whose tracks are numbered from ``first`` on."""
    return [
        replace(
            plan,
            regions=tuple(
                region if region.track == NO_TRACK else replace(region, track=region.track + first)
                for region in plan.regions
            ),
        )
        for plan in plan_frames(waiting, size, settings)
    ]


def _next_number(plan: FramePlan) -> int:
    return 1 + max((region.track for region in plan.regions), default=NO_TRACK)
