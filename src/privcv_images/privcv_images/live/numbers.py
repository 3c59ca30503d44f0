# SPDX-License-Identifier: Apache-2.0
"""Track numbers that stay: plans of windows that overlap number the same people anew each time.

A track of a new plan is the one of the plan before whose boxes lie where its own do, in the frames
that both saw. Whoever is not found again so gets a number that nobody had: what is drawn once for a
track is then drawn, and paid for, once more.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from privcv_images.redactions.redaction import NO_TRACK, Region

SAME = 0.5
"""Overlap (intersection over union) of boxes of one person in two plans of a frame."""


class TrackNumbers:
    """Gives tracks of plan after plan numbers that stay."""

    def __init__(self) -> None:
        self._next = 0

    def renumber(
        self, plans: Sequence[Sequence[Region]], before: Sequence[Sequence[Region]]
    ) -> list[tuple[Region, ...]]:
        """The regions of each frame with numbers that stay.

        ``before``: those of the same frames in the plan before, with such numbers; none where a
        frame is new.
        """
        agreed: dict[int, Counter[int]] = {}
        for regions, earlier in zip(plans, before, strict=True):
            for region in regions:
                if region.track != NO_TRACK:
                    votes = agreed.setdefault(region.track, Counter())
                    votes.update(
                        old.track
                        for old in earlier
                        if old.track != NO_TRACK and _overlap(region, old) > SAME
                    )
        numbers = {NO_TRACK: NO_TRACK}
        taken: set[int] = set()
        for track, votes in sorted(
            agreed.items(), key=lambda one: -max(one[1].values(), default=0)
        ):
            known = next((old for old, _ in votes.most_common() if old not in taken), None)
            if known is None:
                known, self._next = self._next, self._next + 1
            taken.add(known)
            numbers[track] = known
        return [
            tuple(replace(region, track=numbers[region.track]) for region in regions)
            for regions in plans
        ]


def _overlap(one: Region, other: Region) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(width, 0) * max(height, 0)
    return shared / (one.width * one.height + other.width * other.height - shared)
