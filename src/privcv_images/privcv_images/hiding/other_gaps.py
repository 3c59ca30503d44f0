# SPDX-License-Identifier: Apache-2.0
"""Faces, plates, text and screens over time: what was found before and after is there in between.

A region is continued from frame to frame by the nearest of its kind, no farther away than its own
size and what somebody walks in a short gap. In frames between two that were found it is where a
straight line puts it, larger by what it moved; before the first and behind the last it stays for
``hold_s``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from privcv_images.hiding.found import Found
from privcv_images.redactions.redaction import Region

WALKED_PER_S, LONGEST_WALK_S = 9.0, 0.4
"""A face is 16 cm wide, and who walks makes 1.4 m in a second; after more time where a region went
is not known any more, and the next one near is of something else."""

ROUNDING_S = 1e-6
"""Differences of times are not exact."""


@dataclass
class _Chain:
    """A region as it was last found, in which frame."""

    region: Region
    frame: int


def fill_others(found: Sequence[Found], fill_s: float, hold_s: float) -> list[tuple[Region, ...]]:
    """The regions of each frame that are none of bodies, those found and those filled in.

    ``fill_s``: longest gap that is filled; ``hold_s``: how long an end is held.
    """
    filled: list[list[Region]] = [list(one.others) for one in found]
    chains: list[_Chain] = []
    for index, one in enumerate(found):
        free = list(chains)
        for region in one.others:
            chain = _nearest(region, free, found, one.stamp_s)
            if chain is None:
                chain = _Chain(region, index)
                chains.append(chain)
                _hold(filled, found, region, index, -1, hold_s)
            else:
                free.remove(chain)
                _between(filled, found, chain, region, index)
                chain.region, chain.frame = region, index
        ended = [chain for chain in chains if one.stamp_s - found[chain.frame].stamp_s > fill_s]
        for chain in ended:
            chains.remove(chain)
            _hold(filled, found, chain.region, chain.frame, 1, hold_s)
    for chain in chains:
        _hold(filled, found, chain.region, chain.frame, 1, hold_s)
    return [tuple(regions) for regions in filled]


def _nearest(
    region: Region, chains: Sequence[_Chain], found: Sequence[Found], now_s: float
) -> _Chain | None:
    """The chain that ``region`` may go on, and is nearest, by what may lie between them."""
    best, nearest = None, 1.0
    for chain in chains:
        last = chain.region
        if last.kind == region.kind:
            across = abs(last.left + last.right - region.left - region.right) / 2
            down = abs(last.top + last.bottom - region.top - region.bottom) / 2
            away = max(
                across / max(last.width, region.width), down / max(last.height, region.height)
            )
            gap_s = now_s - found[chain.frame].stamp_s
            away /= 1 + WALKED_PER_S * min(gap_s, LONGEST_WALK_S)
            if away < nearest:
                best, nearest = chain, away
    return best


def _between(
    filled: list[list[Region]], found: Sequence[Found], chain: _Chain, region: Region, index: int
) -> None:
    begin_s, length_s = (
        found[chain.frame].stamp_s,
        found[index].stamp_s - found[chain.frame].stamp_s,
    )
    for frame in range(chain.frame + 1, index):
        share = (found[frame].stamp_s - begin_s) / length_s if length_s > 0 else 0.0
        old, new = chain.region, region
        moved = max(abs(new.left - old.left), abs(new.top - old.top))
        grown = round(moved * min(share, 1 - share))
        filled[frame].append(
            replace(
                region,
                left=max(round(old.left + share * (new.left - old.left)) - grown, 0),
                top=max(round(old.top + share * (new.top - old.top)) - grown, 0),
                right=round(old.right + share * (new.right - old.right)) + grown,
                bottom=round(old.bottom + share * (new.bottom - old.bottom)) + grown,
            )
        )


def _hold(
    filled: list[list[Region]],
    found: Sequence[Found],
    region: Region,
    index: int,
    step: int,
    hold_s: float,
) -> None:
    later = index + step
    while (
        0 <= later < len(found)
        and abs(found[later].stamp_s - found[index].stamp_s) <= hold_s + ROUNDING_S
    ):
        filled[later].append(region)
        later += step
