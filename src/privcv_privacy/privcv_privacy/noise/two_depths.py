# SPDX-License-Identifier: Apache-2.0
"""How much the contribution bound drops where a window has many zones, from visits at two depths.

It is free post-processing, as ``drop_ratio``. Where a window has several more zones than a visit
may count in, one number of visits that reached the bound does not tell whether those visits pass by
or stay: so two are released, window by window, with noise: visits that *reached* the bound, and
visits that went *far* beyond it, ``far_cells`` cells more. A visit is once in its life in each.

Sought is r, the cells that were dropped per cell that counted. If each cell beyond the bound is
followed by another with one probability q, a visit that reaches it loses 1 / (1 - q) cells, and
q^far of those that reach it go far. So with v visits that reach it per cell that counted,
r = v / (1 - q)^e, where e = 1 if stays are memoryless, and a little less as they are: what is left
of a stay shortens. Early in a run stays beyond the bound have only begun: a visit has lost no more
than the cells it entered since, and hardly any has gone far. How many cells a visit enters in a
window is not told. So some pairs of a pace and an e, ``KINDS``, are averaged over.

All (v, q, kind) have a prior on a grid: how many reach the bound is a mixture of exponentials, and
q mostly at most what it was before the bound, as people mostly pass by, but any q may be. Value and
interval need not share it, as in ``drop_ratio``; nor do the first window of a run, in which
nobody is from before, and the others. The likelihood is of the exact integer Laplace noise; earlier
windows count with a weight that falls with their age, and with the proportion of the two lengths
where these differ, since then v and q do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from privcv_privacy.noise.correlation import Floats
from privcv_privacy.noise.drop_ratio import (
    LEVELS,
    LONG_MOST,
    LONG_RUN,
    LONG_VALUES,
    MEMORY_S,
    SHARES,
    Evidence,
    Ratio,
    masses,
    quantiles,
)
from privcv_privacy.noise.mechanisms import Counts

REACH_VOTES = 2
"""The visits that reach the bound are told this many times over, beside those that go far once:
so the noise on them is as small as if they had that much more of epsilon."""

VOTES = REACH_VOTES + 1
"""By which one visit changes both numbers together, in the L1 norm, in its life."""


class Belief(NamedTuple):
    """A prior on v and q."""

    reach: Sequence[tuple[float, float]]  # mean, weight of exponentials
    as_before: float  # weight of a q that is at most what it was before the bound
    power: float  # of q, with which such a q is the likelier
    first: float  # likewise of any q, in the first window of a run


VALUES = Belief(((0.01, 0.2), (0.05, 0.4), (0.2, 0.4)), 0.75, 2.0, 0.0)
INTERVALS = Belief(((0.01, 0.05), (0.05, 0.25), (0.2, 0.7)), 0.5, 5.0, 2.0)
# A pace between 1.5 zones of a window and all of them, 0 to 1; e; weight.
KINDS = ((0.0, 0.9, 0.25), (0.5, 0.8, 0.15), (0.5, 0.9, 0.25), (0.5, 1.0, 0.15), (1.0, 0.9, 0.2))
LONG_GO_ON, LONG_REACH = 0.8, 0.1  # least q and v where people stay for hours
LARGEST_GO_ON = 0.96
_V = np.concatenate([[0.0], np.geomspace(0.003, 0.7, 45)])
_Q = 1 - np.geomspace(1.0, 1 - LARGEST_GO_ON, 32)
_WIDTHS = np.gradient(_Q)
_HALF = np.array([0.5])


def far_cells(max_cells: int) -> int:
    """Cells, after its first one beyond a bound of ``max_cells``, with which a visit has gone far:
    with the last it would have counted twice in as many as may count, and in two more."""
    return max_cells + 1


def tells_far(zones: int, max_cells: int) -> bool:
    """Whether windows of so many ``zones`` tell the visits that went far: by what is public."""
    return zones >= max_cells + 2


def votes(reached: int, far: int) -> Counts:
    """What gets noise (2,), of the visits that ``reached`` the bound and those that went ``far``.

    Sensitivity: a visit is once in its life in each number, so ``VOTES`` in the L1 norm.
    """
    return np.array([REACH_VOTES * reached, far], dtype=np.int64)


class TwoDepths:
    """Posterior of the ratio under one camera.

    ``zones``: cells that a visit can be in at most in a window; ``max_cells``: that it can count
    in; ``scale``: of the integer Laplace noise on ``votes``.
    """

    def __init__(self, zones: int, max_cells: int, scale: float) -> None:
        self.zones, self.max_cells, self.scale = zones, max_cells, scale

    def learn(
        self,
        before: Evidence | None,
        noisy: Counts,
        kept: float,
        standing: float,
        length_s: int,
        *,
        earlier: int,
    ) -> tuple[Ratio, Evidence | None]:
        """Ratio of a window of ``length_s``, s, and the evidence after it.

        ``noisy`` (2,): ``votes`` with noise; the others as of ``DropRatio.learn``.
        """
        grid = _grid(self.zones, self.max_cells, min(earlier, LONG_RUN))
        reached, far = noisy.tolist()
        likelihood = np.abs(far - kept * grid.far)
        likelihood += np.abs(reached - REACH_VOTES * kept * _V)[:, None, None]
        likelihood /= -self.scale
        if before is not None:
            remembered = np.exp(-length_s / MEMORY_S)
            alike = min(length_s, before.length_s) / max(length_s, before.length_s)
            likelihood += remembered * alike * before.log_likelihood
            kept += remembered * before.kept
            standing += remembered * before.standing
        evidence = Evidence(likelihood, kept, standing, length_s)
        long = LONG_MOST * evidence.long if earlier else 0.0
        mass = np.exp(likelihood - likelihood.max()).reshape(-1)[grid.order]
        usual = mass * (grid.values + LONG_VALUES * long * (grid.long - grid.values))
        robust = mass * (grid.intervals + long * (grid.long - grid.intervals))
        median = quantiles(grid.ratios, usual, _HALF)
        wide = quantiles(grid.ratios, robust, LEVELS)
        # The first window of a run tells little of those after it: nobody is from before.
        return Ratio(wide, SHARES, float(median[0])), evidence if earlier else None


@dataclass(frozen=True)
class _Grid:
    """What a window of some age of the run would look like at each point (v, q, kind)."""

    far: Floats  # (v, q, kind) visits that went far, per cell that counts
    order: npt.NDArray[np.intp]  # of all points, by ratio
    ratios: Floats  # in that order
    values: Floats  # in that order: prior, for values
    intervals: Floats  # and for intervals
    long: Floats  # likewise, of people who stay for very long


@lru_cache(maxsize=64)
def _grid(zones: int, max_cells: int, earlier: int) -> _Grid:
    """Of the window after so many ``earlier`` ones; shared by all cameras that are alike."""
    pace, rest, weights = np.array(KINDS).T
    cells, may_be_far = _so_far(pace, zones, max_cells, earlier)
    q = _Q[:, None]
    lost = (1 - q**cells) / (1 - q) ** rest
    ratios = (_V[:, None, None] * lost).reshape(-1)
    order = np.argsort(ratios, kind="stable")

    def prior(v_and_q: Floats) -> Floats:
        return np.asarray((v_and_q[:, :, None] * weights).reshape(-1)[order])

    return _Grid(
        _V[:, None, None] * q ** far_cells(max_cells) * may_be_far,
        order,
        ratios[order],
        prior(_believed(VALUES, max_cells, earlier > 0)),
        prior(_believed(INTERVALS, max_cells, earlier > 0)),
        prior(_long()),
    )


def _so_far(pace: Floats, zones: int, max_cells: int, earlier: int) -> tuple[Floats, Floats]:
    """Cells beyond the bound that visits of each ``pace`` have had time for, and what share of
    those that will go far has been able to, after so many ``earlier`` windows."""
    if earlier >= LONG_RUN:
        return np.full_like(pace, np.inf), np.ones_like(pace)
    in_window = 1.5 + pace * (zones - 1.5)
    cells = 1 + pace * (zones - max_cells) / 2 + earlier * in_window
    beyond_far = (earlier + 1) * in_window - max_cells - far_cells(max_cells)
    return cells, np.clip(beyond_far / in_window, 0.0, 1.0)


def _believed(belief: Belief, max_cells: int, some_earlier: bool) -> Floats:
    """Prior mass (v, q)."""
    any_q = _WIDTHS / _WIDTHS.sum()
    reach = masses(_V, belief.reach)[:, None]
    if not some_earlier:
        first = _WIDTHS * _Q**belief.first
        return np.asarray(reach * first / first.sum())
    # As many go on after each cell before the bound, if v of those that counted reach it.
    q = np.linspace(0.0, 0.999, 1000)
    before = np.interp(_V, q**max_cells * (1 - q) / (1 - q**max_cells), q)[:, None]
    up_to = np.clip((before - _Q) / _WIDTHS + 0.5, 1e-9, 1.0)
    as_before = _WIDTHS * _Q**belief.power * up_to
    as_before[:, 0] += 1e-9  # where v is 0
    as_before /= as_before.sum(axis=1, keepdims=True)
    return np.asarray(reach * (belief.as_before * (as_before - any_q) + any_q))


def _long() -> Floats:
    """Prior mass (v, q) where people stay for hours."""
    mass = masses(_V, VALUES.reach)[:, None] * _WIDTHS
    mass = mass * (_V[:, None] >= LONG_REACH) * (_Q >= LONG_GO_ON)
    return np.asarray(mass / mass.sum())
