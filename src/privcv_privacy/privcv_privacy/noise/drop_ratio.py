# SPDX-License-Identifier: Apache-2.0
"""How much the contribution bound drops, from noisy counts of visits that were dropped.

It is free post-processing, as ``estimation``: it reads released values only.

Sought is r, the cells that were dropped per cell that counted; every total is 1 + r times what
counted. Released is, window by window, the noisy number d of *visits* that reached the bound: one
vote of a visit in its life, so a third of the noise that counting up to three cells of each would
take. r is made of two parts. *Within* a window people enter more zones than may count: each such
visit loses about ``WITHIN`` cells, and this is so from the first window on. *Over* windows people
stay: the first window of a run knows nobody from before, so it has none of this. If each cell of
such a visit is followed by another with one probability q (a memoryless stay), then
r = q^M / (1 - q^M) and the visits that reach the bound are r (1 - q) per cell that counted.
Whoever reaches the bound within a window may stay on as well as the others: nothing that is
released tells who passes and who lingers, so the share that lingers, ``LINGER``, is averaged over
and makes the interval wider. Early in a run the stays beyond the bound have only begun: of what
they lose in the long run they have lost 1 - q^c, if in the windows of the run before they entered
c cells beyond it; in each between one zone and all of them, so half of one more than there are.

Both parts have a prior on a grid: a mixture of exponentials from nearly nothing to much, of which
what is released chooses (a model average; Hoeting and others, Bayesian Model Averaging, Statistical
Science, 1999). Until much is released the belief decides, and value and interval need not share it:
the value is told as for the many scenes that drop little, where a needless correction costs most;
the interval is to hold in the few that drop much too (a robust prior; Berger, Statistical Decision
Theory and Bayesian Analysis, 1985, section 4.7). The likelihood is of the exact integer Laplace
noise. How long those stay who have reached the bound is told by nothing that is released. But who
counts standing does: where many stand, as in a library, both beliefs are mixed with one in people
who stay for hours. Earlier windows count with a weight that falls with their age (power
discounting; Smith, J. Royal Stat. Soc. B, 1979), so that the ratio may change over the day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privcv_privacy.noise.correlation import Floats

MIXTURE_OVER = ((0.005, 0.5), (0.03, 0.25), (0.15, 0.2), (0.4, 0.05))  # mean, weight
WIDE_OVER = ((0.005, 0.2), (0.03, 0.2), (0.15, 0.35), (0.4, 0.25))  # likewise, for intervals
LONG_OVER = ((1.2, 1.0),)  # likewise, of people who stay for hours
STANDING_FROM, STANDING_TO = 0.05, 0.20  # shares of those who count: from none to LONG_MOST
LONG_MOST = 0.4  # weight of LONG_OVER, for intervals
LONG_VALUES = 0.5  # share of that weight, for values
MIXTURE_WITHIN = ((0.02, 0.7), (0.1, 0.3))  # mean as a share of the most there can be, weight
REFERENCE_S = 300.0  # length of the windows that MIXTURE_OVER is for: it falls with the length
MEMORY_S = 3 * 3600.0
STAYS = 0.9  # see above; 1 is memoryless
WITHIN = 1.2  # cells that a visit loses within a window, if it loses any
# Of those who reach the bound within a window, how many linger as those who do so later: for the
# share (beyond 1: for longer than they) the weight for values, and for intervals.
LINGER = ((0.0, 0.35, 0.25), (0.5, 0.3, 0.25), (1.0, 0.25, 0.25), (1.5, 0.1, 0.25))
LONG_RUN = 8  # windows after which a run is no longer young
_OVER = np.concatenate([[0.0], np.geomspace(0.002, 4.0, 60)])
_WITHIN = np.concatenate([[0.0], np.geomspace(0.003, 1.0, 25)])  # shares of the most there can be

# A ratio's distribution as intervals read it: quantiles, closer to each other in the long tail.
_EDGES = np.array([0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 1])
SHARES = np.diff(_EDGES)
LEVELS = (_EDGES[1:] + _EDGES[:-1]) / 2
_MEDIAN = np.array([0.5])


@dataclass(frozen=True)
class Ratio:
    """Posterior of the dropped cells per cell that counted."""

    values: Floats  # (n,) points, under the wide prior
    weights: Floats  # (n,) of them
    median: float  # under the usual prior


NOTHING_DROPPED = Ratio(np.zeros(1), np.ones(1), 0.0)


@dataclass(frozen=True)
class Evidence:
    """What all that was released so far says."""

    log_likelihood: Floats  # on the grid (within, over)
    kept: float  # cells that counted, estimated
    standing: float  # of them, those in which somebody stood
    length_s: int = 0  # of the last window, where ``two_depths`` learnt it

    @property
    def long(self) -> float:
        """Weight, 0..1, of the belief that people stay for very long."""
        share = self.standing / max(self.kept, 1.0)
        return min(max((share - STANDING_FROM) / (STANDING_TO - STANDING_FROM), 0.0), 1.0)


class DropRatio:
    """Posterior of the ratio under one camera.

    ``zones``: cells that a unit can be in at most in a window; ``max_cells``: that it can count
    in; ``scale``: of the integer Laplace noise on the visits that were dropped.
    """

    def __init__(self, zones: int, max_cells: int, scale: float) -> None:
        self.zones, self.max_cells, self.scale = zones, max_cells, scale
        most = max(zones - max_cells, 0) / max_cells  # within a window, per cell that counts
        within = most * _WITHIN if most > 0 else np.zeros(1)
        mixture = [(most * mean, weight) for mean, weight in MIXTURE_WITHIN]
        prior = np.log(masses(within, mixture) if most > 0 else np.ones(1))[:, None]
        self._within = within[:, None]
        usual, wide, long = (
            masses(_OVER, mixture) for mixture in (MIXTURE_OVER, WIDE_OVER, LONG_OVER)
        )
        self._log_prior = prior + np.log(usual)
        shape = self._log_prior.shape
        self._wide = np.broadcast_to(wide / usual, shape)
        self._long = np.broadcast_to(long / usual, shape)
        self._grids: dict[tuple[int, int], _Grid] = {}

    def learn(
        self,
        before: Evidence | None,
        dropped: int,
        kept: float,
        standing: float,
        length_s: int,
        *,
        earlier: int,
    ) -> tuple[Ratio, Evidence]:
        """Ratio of a window of ``length_s``, s, and the evidence after it.

        ``dropped``: the noisy number of visits that reached the bound; ``kept``: the estimated
        number of cells that counted; ``standing``: of them, of those who stood; ``earlier``:
        windows before it of which visits may be in it.
        """
        grid = self._grid(length_s, min(earlier, LONG_RUN))
        likelihood = np.abs(dropped - kept * grid.visits) / -self.scale
        if before is not None:
            remembered = np.exp(-length_s / MEMORY_S)
            likelihood += remembered * before.log_likelihood
            kept += remembered * before.kept
            standing += remembered * before.standing
        evidence = Evidence(likelihood, kept, standing)
        long = LONG_MOST * evidence.long if earlier else 0.0
        log = likelihood + self._log_prior
        log -= log.max()
        mass = np.exp(log, out=log).reshape(-1).take(grid.point)
        usual_prior, robust_prior = grid.priors(long)
        usual = mass * grid.values
        usual *= usual_prior
        robust = mass * grid.intervals
        robust *= robust_prior
        median = quantiles(grid.ratios, usual, _MEDIAN)
        wide = quantiles(grid.ratios, robust, LEVELS)
        return Ratio(wide, SHARES, float(median[0])), evidence

    def _grid(self, length_s: int, earlier: int) -> "_Grid":
        key = (length_s, earlier)
        if key not in self._grids:
            over = _OVER * (REFERENCE_S / length_s if earlier else 0.0)
            visits = self._within / WITHIN + _visits(over, self.max_cells)
            if earlier:
                linger, values, intervals = np.array(LINGER).T
                ratios = self._lost(visits, linger[:, None, None], earlier)
            else:
                values = intervals = np.ones(1)
                ratios = (self._within + over)[None]
            flat = ratios.reshape(-1)
            order = np.argsort(flat, kind="stable")
            point, of = order % visits.size, order // visits.size
            wide, long = (each.reshape(-1)[point] for each in (self._wide, self._long))
            self._grids[key] = _Grid(
                visits, point, flat[order], values[of], intervals[of], wide, long
            )
        return self._grids[key]

    def _lost(self, visits: Floats, linger: Floats, earlier: int) -> Floats:
        """Cells dropped per cell that counted, for so many ``visits`` that reach the bound.

        ``linger``: share of those who reach it within a window that stay on as the others do.
        """
        table = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 4000)])
        all_stay = np.interp(visits, _visits(table, self.max_cells), table)
        if earlier < LONG_RUN:
            go_on = (all_stay / (1 + all_stay)) ** (1 / self.max_cells)
            so_far = 1 - go_on ** (earlier * (1 + self.zones) / 2)
            all_stay = np.maximum(all_stay * so_far, np.minimum(visits, all_stay))
        all_pass = WITHIN * visits
        pass_by = self._within / np.maximum(all_pass, 1e-12)  # share of those who may
        # Where nearly all who count reach the bound, they do because their way is that long.
        of_counted = np.minimum(self.max_cells * self._within / WITHIN, 1.0)
        stay = 1 - pass_by * (1 - linger * (1 - of_counted**2))
        return np.asarray(all_pass + stay * (all_stay - all_pass))


@dataclass(frozen=True)
class _Grid:
    """What a window of some length would look like at each point (within, over, linger)."""

    visits: Floats  # (within, over) that reach the bound, per cell that counts
    point: npt.NDArray[np.intp]  # of all points, by ratio, which (within, over) they are
    ratios: Floats  # in that order
    values: Floats  # in that order: weight of the share that lingers, for values
    intervals: Floats  # and for intervals
    wide: Floats  # in that order: the wide prior, over the usual one
    long: Floats  # likewise, that of people who stay for very long
    _priors: dict[float, tuple[Floats, Floats]] = field(default_factory=dict)

    def priors(self, long: float) -> tuple[Floats, Floats]:
        """The priors of values and of intervals over the usual one, where ``long`` is the weight of
        long stays: nearly always that of the window before, 0 or ``LONG_MOST``."""
        if long not in self._priors:
            self._priors.clear()
            self._priors[long] = (
                1 + LONG_VALUES * long * (self.long - 1),
                (1 - long) * self.wide + long * self.long,
            )
        return self._priors[long]


def _visits(over: Floats, max_cells: int) -> Floats:
    """Visits that reach the bound per cell that counts, if ``over`` are lost to stays."""
    go_on = (over / (1 + over)) ** (1 / max_cells)
    return np.asarray(over * (1 - go_on) ** STAYS)


def quantiles(values: Floats, weights: Floats, levels: Floats) -> Floats:
    """Quantiles at ``levels`` of ``values``, which are sorted, with ``weights``."""
    up_to = np.cumsum(weights)
    return np.interp(levels, (up_to - weights / 2) / up_to[-1], values)


def masses(grid: Floats, mixture: Sequence[tuple[float, float]]) -> Floats:
    """Prior mass around each point of ``grid`` (n,) under exponentials (mean, weight)."""
    edges = np.concatenate([[0.0], (grid[1:] + grid[:-1]) / 2, [np.inf]])
    mass = np.sum([weight * -np.diff(np.exp(-edges / mean)) for mean, weight in mixture], axis=0)
    return np.asarray(mass / mass.sum())
