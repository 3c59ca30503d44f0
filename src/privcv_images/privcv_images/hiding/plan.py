# SPDX-License-Identifier: Apache-2.0
"""Hiding plan: which regions of each frame are hidden, and which frames are withheld whole.

A frame in which somebody may stand whom nobody found is not published: a track that ends or begins
inside the picture, a gap that is too long to be filled, a face of no body, a detector that failed.
Who went out through the edge, or behind somebody who is hidden, has not been missed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.both_ways import Boxes, Followed, follow_both_ways
from privcv_images.hiding.carry import carry_ends, swept
from privcv_images.hiding.found import Found, FramePlan, Reason
from privcv_images.hiding.other_gaps import fill_others
from privcv_images.hiding.settings import HidingSettings
from privcv_images.redactions.redaction import NO_TRACK, Region, region_of
from privcv_perception.iou import iou

SEEN = 0.3
"""A detection that overlaps a followed box by more (IoU) is of that person."""

COVERED = 0.5
"""Of who stands behind what is hidden, at least so much is hidden with it."""

HEAD = 0.3
"""The head, with a margin for who bends, as a share of a body's height."""

LEAST_MARGIN_PX = 3.0
CLOSER = 0.6
"""A margin above and below is this much of that at the sides: people are taller than wide."""


def plan_frames(
    found: Sequence[Found], size: tuple[int, int], settings: HidingSettings
) -> list[FramePlan]:
    """The plan of each frame of ``found``, in order of time, of ``size`` (width, height), px."""
    if not found:
        return []
    followed = follow_both_ways(found, size, settings.tracker)
    stamps_s = np.array([one.stamp_s for one in found])
    unseen_s = _unseen_s(found, followed, stamps_s)
    boxes = [
        _grown(boxes, gaps, settings) for (_, boxes), gaps in zip(followed, unseen_s, strict=True)
    ]
    shown = [_detected(one, settings) for one in found]
    carried = [
        swept(_grown(one.ends, one.away_s, settings), _grown(one.moved, one.away_s, settings))
        for one in carry_ends(followed, stamps_s.tolist(), settings.carry_s)
    ]
    hidden = [np.concatenate(both) for both in zip(boxes, shown, strict=True)]
    withheld: list[Reason | None] = [one.failed for one in found]
    for index, gaps in enumerate(unseen_s):
        too_long = gaps > settings.fill_s
        if too_long.any() and withheld[index] is None:
            around = np.concatenate((boxes[index][~too_long], shown[index]))
            alone = _covered(followed[index][1][too_long], around) < COVERED
            if alone.any():
                withheld[index] = "gap"
    for index in range(len(found)):
        for step, reason in ((1, "ended"), (-1, "began")):
            if _vanish(index, step, followed, hidden, size, settings):
                _withhold(withheld, stamps_s, index, step, settings.doubt_s, reason)  # type: ignore[arg-type]
    others = fill_others(found, settings.fill_s, settings.hold_s)
    plans = []
    for index, one in enumerate(found):
        loose = np.concatenate((shown[index], carried[index]))
        bodies = _bodies(followed[index][0], boxes[index], loose, size)
        regions = (*bodies, *others[index])
        if withheld[index] is None and _faces_of_nobody(one, regions):
            withheld[index] = "face"
        if settings.part == "head":
            regions = tuple(head_of(region) for region in regions)
        plans.append(FramePlan(regions, withheld[index]))
    return plans


def head_of(region: Region) -> Region:
    """The upper part of a body; any other region as it is."""
    if region.kind != "body":
        return region
    bottom = region.top + max(1, round(HEAD * region.height))
    return replace(region, kind="head", bottom=bottom)


def _unseen_s(
    found: Sequence[Found], followed: Followed, stamps_s: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """(n,) for each frame: how far in time the nearest detection of each followed box is, s."""
    seen_at: dict[int, list[float]] = {}
    for one, (ids, boxes) in zip(found, followed, strict=True):
        if len(ids):
            seen = (iou(boxes, one.people.boxes) > SEEN).any(axis=1)
            for number in ids[seen]:
                seen_at.setdefault(int(number), []).append(one.stamp_s)
    return [
        np.array(
            [
                min((abs(stamp_s - seen) for seen in seen_at.get(int(number), ())), default=np.inf)
                for number in ids
            ]
        )
        for stamp_s, (ids, _) in zip(stamps_s.tolist(), followed, strict=True)
    ]


def _detected(one: Found, settings: HidingSettings) -> Boxes:
    """Whatever may be a person, whether it is followed or not."""
    boxes = one.people.boxes[one.people.scores >= settings.score]
    return _grown(boxes, np.zeros(len(boxes)), settings)


def _grown(boxes: Boxes, unseen_s: NDArray[np.float64], settings: HidingSettings) -> Boxes:
    gaps = np.minimum(unseen_s, settings.fill_s)
    margin = boxes[:, 2] * (settings.margin + settings.grow_per_s * gaps)
    margin = np.maximum(margin, LEAST_MARGIN_PX)
    grown = boxes.astype(np.float32, copy=True)
    for axis, share in ((0, 1.0), (1, CLOSER)):
        grown[:, axis] -= margin * share
        grown[:, axis + 2] += 2 * margin * share
    return grown


def _covered(boxes: Boxes, by: Boxes) -> NDArray[np.float64]:
    """(n,) the largest share of each box that lies in one of ``by``."""
    if not len(boxes) or not len(by):
        return np.zeros(len(boxes))
    low = np.maximum(boxes[:, None, :2], by[None, :, :2])
    high = np.minimum(boxes[:, None, :2] + boxes[:, None, 2:], by[None, :, :2] + by[None, :, 2:])
    area = np.clip(high - low, 0, None).prod(axis=2)
    shares: NDArray[np.float64] = area.max(axis=1) / np.maximum(boxes[:, 2] * boxes[:, 3], 1e-6)
    return shares


def _vanish(
    index: int,
    step: int,
    followed: Followed,
    hidden: list[Boxes],
    size: tuple[int, int],
    settings: HidingSettings,
) -> bool:
    """Whether somebody followed in frame ``index`` is nowhere hidden ``step`` frames later."""
    later = index + step
    ids, boxes = followed[index]
    if not len(ids) or not 0 <= later < len(followed):
        return False
    goes_on = np.isin(ids, followed[later][0])
    goes_on |= _covered(boxes, hidden[later]) >= COVERED
    near = settings.edge * boxes[:, 2]
    left, top = boxes[:, 0], boxes[:, 1]
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    at_edge = (left < near) | (right > size[0] - near) | (bottom > size[1] - near) | (top < 0)
    return bool((~goes_on & ~at_edge).any())


def _withhold(
    withheld: list[Reason | None],
    stamps_s: NDArray[np.float64],
    index: int,
    step: int,
    doubt_s: float,
    reason: Reason,
) -> None:
    later = index + step
    while 0 <= later < len(withheld):
        if abs(stamps_s[later] - stamps_s[index]) > doubt_s and later != index + step:
            return
        if withheld[later] is None:
            withheld[later] = reason
        later += step


def _bodies(
    ids: NDArray[np.int64], boxes: Boxes, shown: Boxes, size: tuple[int, int]
) -> tuple[Region, ...]:
    made = [
        region_of("body", box, size, int(number))
        for number, box in zip(ids, boxes.tolist(), strict=True)
    ]
    overlap = iou(shown, boxes)
    for row, box in enumerate(shown.tolist()):
        best = int(overlap[row].argmax()) if len(boxes) else -1
        number = int(ids[best]) if best >= 0 and overlap[row, best] > SEEN else NO_TRACK
        made.append(region_of("body", box, size, number))
    return tuple(region for region in made if region is not None)


def _faces_of_nobody(one: Found, regions: Sequence[Region]) -> bool:
    """Whether a sure face has its middle in no body."""
    bodies = [region for region in regions if region.kind == "body"]
    for index in one.sure_faces:
        face = one.others[index]
        x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
        if not any(b.left <= x < b.right and b.top <= y < b.bottom for b in bodies):
            return True
    return False
