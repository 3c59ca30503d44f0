# SPDX-License-Identifier: Apache-2.0
"""Adversarial perturbation: faces that one network no longer finds, and everybody sees. Weak.

Square Attack (Andriushchenko, Croce, Flammarion, Hein, ECCV 2020), which asks the network for its
scores and for nothing else: stripes at first, then squares of a random colour in random places,
smaller ones as time goes on, kept where they lower the score. All changes are of the full bound.
Here several are tried in one run of the network: many stripes, and squares that help together.

It promises nothing against people, who see the same face, nor against another network. Where the
queries do not suffice the network finds the face still, with a lower score.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privcv_images.redactions.redaction import FREE, OF_PEOPLE, Cost, Region, Strength
from privcv_perception.detection.detector import Frame, frame_size

AT_ONCE = 16
"""Squares that are tried at a time."""

CONTEXT = 0.25
"""The network is shown so much around a face, in widths of its region."""

FIRST_SHARE = 0.1
HALVED_AT = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
"""Share of the region that a square takes at first, and when it is halved, in shares of all
queries: as in the paper."""

LEAST_SHARE = 0.1
"""A square's least side, in widths of the region: what is finer is lost when pictures are
encoded."""

LEAST_PX = 2

STRIPES_SHARE = 0.4
"""Of the queries, so many look for the best stripes: the paper draws them once, and much hangs on
them."""

Change = tuple[tuple[slice, slice], NDArray[np.bool_]]
"""Rows and columns, and which of their colours are raised; the others are lowered."""


class Scores(Protocol):
    """What the network says: ``FaceScores``."""

    def excess(
        self,
        variants: NDArray[np.uint8],
        corner: tuple[int, int],
        size: tuple[int, int],
        score: float,
    ) -> NDArray[np.float32]:
        """As ``FaceScores.excess``."""

    def wipe(self) -> None:
        """Overwrite what it holds of the last frame."""


class Adversarial:
    """Lowers what ``scores`` say of faces below ``aim``, or as far as ``queries`` for each reach.

    No colour of a pixel of people changes by more than ``bound``; what shows none is black. Chance
    follows from the frame alone, so that a second run gives the same: nothing rests on it.
    """

    strength: Strength = "weak"
    cost: Cost = FREE

    def __init__(self, scores: Scores, aim: float, bound: int, queries: int) -> None:
        self._scores, self._aim, self._bound, self._queries = scores, aim, bound, queries

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Perturb each region of people, faces against the network; black out the others."""
        if not regions:
            return
        wide = frame.astype(np.int16)
        low, high = (
            (wide + by).clip(0, 255).astype(np.uint8) for by in (-self._bound, self._bound)
        )
        seed = hashlib.sha256(frame.tobytes()).digest()
        rng = np.random.default_rng(int.from_bytes(seed, "big"))
        for region in regions:
            if region.kind in OF_PEOPLE:
                _, up = _stripes(region, (0, 0), rng)
                region.of(frame)[:] = np.where(up, region.of(high), region.of(low))
        for region in regions:
            if region.kind == "face":
                self._attack(frame, (low, high), region, rng)
        for region in regions:
            if region.kind not in OF_PEOPLE:
                region.of(frame)[:] = 0
        self._scores.wipe()

    def _attack(
        self, frame: Frame, bounds: tuple[Frame, Frame], region: Region, rng: np.random.Generator
    ) -> None:
        """Change ``region``, each colour to the one or the other of ``bounds``."""
        size = frame_size(frame)
        margin = round(CONTEXT * region.width)
        corner = max(region.left - margin, 0), max(region.top - margin, 0)
        around = Region(
            "face",
            *corner,
            min(region.right + margin, size[0]),
            min(region.bottom + margin, size[1]),
        )
        view, low, high = around.of(frame), around.of(bounds[0]), around.of(bounds[1])

        def ask(chosen: list[list[Change]]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
            variants = np.repeat(view[None], len(chosen), axis=0)
            for variant, changes in zip(variants, chosen, strict=True):
                for place, up in changes:
                    variant[place] = np.where(up, high[place], low[place])
            return variants, self._scores.excess(variants, corner, size, self._aim)

        asked, left = 1, ask([[]])[1][0]
        while left > 0 and asked < self._queries:
            done = asked / self._queries
            count = min(AT_ONCE, self._queries - asked)
            if done < STRIPES_SHARE:
                tried = [_stripes(region, corner, rng) for _ in range(count)]
            else:
                tried = [_square(region, corner, _side_px(region, done), rng) for _ in range(count)]
            variants, excess = ask([[change] for change in tried])
            asked += count
            helping = [tried[index] for index in excess.argsort() if excess[index] < left]
            most = min(len(helping), self._queries - asked + 1) if done >= STRIPES_SHARE else 0
            if together := [helping[:many] for many in range(2, most + 1)]:
                more = ask(together)
                variants = np.concatenate((variants, more[0]))
                excess = np.concatenate((excess, more[1]))
                asked += len(together)
            best = int(excess.argmin())
            if excess[best] < left:
                view[:], left = variants[best], excess[best]


def _side_px(region: Region, done: float) -> int:
    """The side of a square when a share ``done`` of the queries is used."""
    share = FIRST_SHARE / 2 ** sum(done > at for at in HALVED_AT)
    side = math.sqrt(share * region.width * region.height)
    return round(max(side, LEAST_SHARE * region.width, LEAST_PX))


def _square(
    region: Region, corner: tuple[int, int], side_px: int, rng: np.random.Generator
) -> Change:
    """A square in ``region``, seen from ``corner``."""
    width, height = min(side_px, region.width), min(side_px, region.height)
    left = region.left - corner[0] + int(rng.integers(region.width - width + 1))
    top = region.top - corner[1] + int(rng.integers(region.height - height + 1))
    return np.s_[top : top + height, left : left + width], rng.random(3) < 0.5


def _stripes(region: Region, corner: tuple[int, int], rng: np.random.Generator) -> Change:
    """Upright stripes over all of ``region``, which is seen from ``corner``."""
    left, top = region.left - corner[0], region.top - corner[1]
    place = np.s_[top : top + region.height, left : left + region.width]
    thick = int(rng.integers(1, max(region.width // 5, LEAST_PX) + 1))
    drawn = rng.random((region.width // thick + 1, 3)) < 0.5
    return place, np.repeat(drawn, thick, axis=0)[None, : region.width]
