# SPDX-License-Identifier: Apache-2.0
"""Detections of nobody who is followed: each may be somebody, seen too seldom to be followed.

A tracker confirms whom it sees several times; between failures of a detector that may not happen.
So each such box is hidden in the frames around it too, larger by how far a person walks meanwhile.
"""

from collections.abc import Sequence

from privcv_images.hiding.found import Found, FramePlan
from privcv_images.hiding.settings import HidingSettings
from privcv_images.redactions.redaction import NO_TRACK, Region, region_of

WIDTHS_PER_S = 1.5
"""So fast somebody walks whose way is not known, in their widths."""


def carry_loose(
    found: Sequence[Found],
    plans: Sequence[FramePlan],
    size: tuple[int, int],
    settings: HidingSettings,
) -> list[tuple[Region, ...]]:
    """What more is hidden in each frame of ``plans``, for detections at most ``fill_s`` away."""
    more: list[list[Region]] = [[] for _ in plans]
    for one, plan in zip(found, plans, strict=True):
        followed = [r for r in plan.regions if r.kind == "body" and r.track != NO_TRACK]
        for box, score in zip(one.people.boxes.tolist(), one.people.scores.tolist(), strict=True):
            if score < settings.score or _is_in(box, followed):
                continue
            for index, other in enumerate(found):
                away_s = abs(other.stamp_s - one.stamp_s)
                if 0 < away_s <= settings.fill_s:
                    margin = box[2] * (settings.margin + WIDTHS_PER_S * away_s)
                    left, top = box[0] - margin, box[1] - margin
                    grown = left, top, box[2] + 2 * margin, box[3] + 2 * margin
                    if (region := region_of("body", grown, size)) is not None:
                        more[index].append(region)
    return [tuple(dict.fromkeys(regions)) for regions in more]


def _is_in(box: Sequence[float], regions: Sequence[Region]) -> bool:
    """Whether the middle of ``box`` lies in one of ``regions``."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return any(r.left <= x < r.right and r.top <= y < r.bottom for r in regions)
