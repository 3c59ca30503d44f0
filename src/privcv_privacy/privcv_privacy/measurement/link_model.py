# SPDX-License-Identifier: Apache-2.0
"""Link model of the attacker: is the end of one id and the start of another the same person?

A logistic regression on everything that is published about both: the cells of the tick, of which
the last one is named and the one farthest from it was entered first if the person moved, direction,
size, time, how many ids began or ended in the same tick, and how often people arrive or leave at
that place.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from privcv_privacy.anonymization.identities import Sighting
from privcv_privacy.anonymous_tick import CELL_M
from privcv_privacy.measurement.ground_truth import GroundTruth

Floats = npt.NDArray[np.float64]

FASTEST_MPS = 3.0
WALKING_MPS = 1.2
GAP_EDGES = (1.5, 2.5, 3.5, 5.5, 9.5, 17.5, 33.5, 65.5, 129.5)  # ticks
DISTANCE_EDGES_M = (0.25, 0.75, 1.25, 2.0, 3.0, 5.0, 8.0, 12.0)
GAPS, DISTANCES = len(GAP_EDGES) + 1, len(DISTANCE_EDGES_M) + 1
WEIGHT_PENALTY = 0.05


class Ends:
    """One end, first or last, of the lives of many ids."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[float, ...]] = {}
        self._cells: dict[int, Floats] = {}  # (cells, 2) m, of the centres

    @property
    def ids(self) -> list[int]:
        """All ids, in no useful order."""
        return list(self._rows)

    def tick(self, id: int) -> float:
        """The tick of this end."""
        return self._rows[id][0]

    def add_first(self, id: int, tick: int, place: Sighting, direction: int, tick_s: int) -> None:
        """Keep the first tick that an id is in; ``tick_s``: length of a tick, s."""
        if id not in self._rows:
            self.add_last(id, tick, place, direction, tick_s)

    def add_last(self, id: int, tick: int, place: Sighting, direction: int, tick_s: int) -> None:
        """Keep the last tick that an id is in, with the speed that its cells give away."""
        cells_m = (np.array(place.cells, dtype=np.float64) + 0.5) * CELL_M
        x_m, y_m = cells_m[place.last]
        away_m = np.hypot(*(cells_m - cells_m[place.last]).T)
        entry_x_m, entry_y_m = cells_m[int(np.argmax(away_m))]
        angle = (direction - 1) * np.pi / 4
        speed = WALKING_MPS if direction else 0.0
        vx, vy = speed * float(np.cos(angle)), speed * float(np.sin(angle))
        before = self._rows.get(id)
        if direction and before is not None and tick > before[0]:
            length_s = (tick - before[0]) * tick_s
            vx, vy = (x_m - before[1]) / length_s, (y_m - before[2]) / length_s
        elif direction and len(place.cells) > 1:  # the first tick: it is there for a part of it
            vx, vy = (x_m - entry_x_m) / tick_s, (y_m - entry_y_m) / tick_s
        self._rows[id] = (
            tick, x_m, y_m, vx, vy, place.size, direction,
            entry_x_m, entry_y_m, float(away_m.max()), len(place.cells),
        )  # fmt: skip
        self._cells[id] = cells_m

    def select(self, ids: list[int]) -> "Ends":
        """Only these, in this order."""
        chosen = Ends()
        chosen._rows = {id: self._rows[id] for id in ids}
        chosen._cells = {id: self._cells[id] for id in ids}
        return chosen

    def table(self) -> Floats:
        """Rows (n, 11): tick, x and y of the last cell (m), vx and vy (m/s), size class, direction,
        x and y of the cell farthest from the last one (m), how far that is (m), number of cells."""
        return np.array(list(self._rows.values()), dtype=np.float64).reshape(-1, 11)

    def cells_m(self) -> list[Floats]:
        """The centres of the cells of each tick (cells, 2), m, in the order of ``table``."""
        return list(self._cells.values())

    def __len__(self) -> int:
        return len(self._rows)


class LinkModel:
    """Logistic regression: the log odds that two ends are one person's."""

    def __init__(self, truth: GroundTruth) -> None:
        self._truth = truth
        everywhere = np.concatenate([truth.arrivals, truth.departures])
        self._low = everywhere.min(axis=0) - 2.0
        extent = everywhere.max(axis=0) + 2.0 - self._low
        self._bins = np.maximum(np.ceil(extent).astype(int), 1)
        self._arrivals = self._log_density(truth.arrivals)
        self._departures = self._log_density(truth.departures)
        self._weights: Floats | None = None

    def fit(self, rotations: list[tuple[Ends, Ends, dict[int, int]]]) -> None:
        """Fit to the truth of (old ends, new ends, row of the old -> row of the new)."""
        features, targets = [], []
        for old, new, truth in rotations:
            possible, rows = self._features(old, new)
            target = np.zeros(possible.shape)
            for row, column in truth.items():
                target[row, column] = 1.0
            features.append(rows)
            targets.append(target[possible])
        x, y = np.concatenate(features), np.concatenate(targets)
        if not y.any():
            self._weights = None
            return

        def loss(weights: Floats) -> tuple[float, Floats]:
            z = x @ weights
            value = np.logaddexp(0.0, z).sum() - z @ y + WEIGHT_PENALTY * (weights[1:] ** 2).sum()
            slope = x.T @ (1.0 / (1.0 + np.exp(-z)) - y)
            slope[1:] += 2 * WEIGHT_PENALTY * weights[1:]
            return float(value), slope

        start = np.zeros(x.shape[1])
        self._weights = minimize(
            loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}
        ).x

    def log_odds(self, old: Ends, new: Ends) -> Floats:
        """Log odds (old, new); -inf where nobody could have walked so fast."""
        possible, rows = self._features(old, new)
        scores = np.full(possible.shape, -np.inf)
        if self._weights is not None:
            scores[possible] = rows @ self._weights
        return scores

    def _features(self, old: Ends, new: Ends) -> tuple[npt.NDArray[np.bool_], Floats]:
        """Which pairs are possible, (old, new), and a row of features for each of these."""
        a, b = old.table()[:, None, :], new.table()[None, :, :]
        gap = b[..., 0] - a[..., 0]
        gap_s = gap * self._truth.tick_s
        dx, dy = b[..., 1] - a[..., 1], b[..., 2] - a[..., 2]
        stood_m = np.hypot(dx, dy)
        walked_m = np.hypot(dx - a[..., 3] * gap_s, dy - a[..., 4] * gap_s)
        # A tick that begins where the other one ended: what the cells of a path give away.
        joined_s = np.maximum(gap - 1, 0) * self._truth.tick_s
        near_m = _nearest_m(a[:, 0, 1:3], new.cells_m())
        to_x, to_y = b[..., 7] - a[..., 1], b[..., 8] - a[..., 2]
        entered_m = np.hypot(to_x - a[..., 3] * joined_s, to_y - a[..., 4] * joined_s)
        possible = (gap >= 1) & (near_m <= FASTEST_MPS * gap_s + 1.0)
        pick = np.nonzero(possible)
        gap_bin = np.digitize(gap[pick], GAP_EDGES)
        brief = (gap_bin <= 1).astype(int)
        moving = (a[..., 6] > 0)[pick[0], 0].astype(int)
        arriving = (b[..., 6] > 0)[0, pick[1]].astype(int)
        stood = np.digitize(stood_m[pick], DISTANCE_EDGES_M)
        walked = np.digitize(walked_m[pick], DISTANCE_EDGES_M)
        turn = np.abs((a[..., 6] - b[..., 6] + 4) % 8 - 4)[pick].astype(int)
        size_a, size_b = a[pick[0], 0, 5], b[0, pick[1], 5]
        alike = np.where(size_a == size_b, size_a, 4).astype(int)
        near = np.digitize(near_m[pick], DISTANCE_EDGES_M)
        entered = np.digitize(entered_m[pick], DISTANCE_EDGES_M)
        length = np.digitize(np.abs(a[..., 9] - b[..., 9])[pick], DISTANCE_EDGES_M)
        scales = [
            np.ones(len(pick[0])),
            self._at(self._arrivals, b[0])[pick[1]],
            self._at(self._departures, a[:, 0])[pick[0]],
            _log_shared(b[0, :, 0])[pick[1]],
            _log_shared(a[:, 0, 0])[pick[0]],
        ]
        kinds = [
            _one_hot(gap_bin * 2 + moving, 2 * GAPS),
            _one_hot((stood * 2 + brief) * 2 + moving, 4 * DISTANCES),
            _one_hot((walked * 2 + brief) * moving, 2 * DISTANCES),
            _one_hot((1 + turn * 2 + brief) * moving * arriving, 12),
            _one_hot(alike, 5),
            _one_hot((near * 2 + brief) * 2 + moving, 4 * DISTANCES),
            _one_hot((entered * 2 + brief) * moving, 2 * DISTANCES),
            _one_hot((1 + length) * moving * arriving, DISTANCES + 1),
        ]
        return possible, np.concatenate([np.stack(scales, axis=1), *kinds], axis=1)

    def _log_density(self, xy_m: Floats) -> Floats:
        """On a 1 m grid, relative to a uniform one."""
        counts = np.zeros(tuple(self._bins))
        np.add.at(counts, tuple((xy_m - self._low).astype(int).T), 1.0)
        smooth = gaussian_filter(counts + 0.02, 1.0)
        return np.asarray(np.log(smooth / smooth.mean()), dtype=np.float64)

    def _at(self, density: Floats, ends: Floats) -> Floats:
        index = np.clip((ends[:, 1:3] - self._low).astype(int), 0, self._bins - 1)
        return np.asarray(density[index[:, 0], index[:, 1]], dtype=np.float64)


def _nearest_m(places_m: Floats, cells_m: list[Floats]) -> Floats:
    """How near each list of cells (n) comes to each place (m, 2), m: (m, n)."""
    near_m = np.zeros((len(places_m), len(cells_m)))
    for column, cells in enumerate(cells_m):
        offset = places_m[:, None, :] - cells[None, :, :]
        near_m[:, column] = np.hypot(offset[..., 0], offset[..., 1]).min(axis=1)
    return near_m


def _one_hot(index: npt.NDArray[np.int_], count: int) -> Floats:
    return np.asarray(np.eye(count)[index], dtype=np.float64)


def _log_shared(ticks: Floats) -> Floats:
    """Log of how many ends share each tick."""
    _, inverse, counts = np.unique(ticks, return_inverse=True, return_counts=True)
    return np.asarray(np.log(counts[inverse.reshape(-1)]), dtype=np.float64)
