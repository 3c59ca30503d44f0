# SPDX-License-Identifier: Apache-2.0
"""True votes: who was in which zone in which window and headed where, from trajectories."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.contribution import Beyond, Bound
from privcv_privacy.errors import PrivacyError
from privcv_privacy.histogram import BINS, heading
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.noise.mechanisms import Counts
from privcv_privacy.noise.two_depths import far_cells

STANDING_M = 0.25
"""Whoever ends less than this far from where it began in a cell counts as standing, m."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stays:
    """Positions inside the zones, in order of time."""

    t_s: Floats  # (n,) s since the first position of the file
    id: Ints  # (n,)
    zone: Ints  # (n,) row by row from the smallest y, columns from the smallest x
    x_m: Floats
    y_m: Floats
    boxes_m: Floats  # (zones, 4) left, bottom, right, top of each zone
    end_s: float  # of the file

    @property
    def zones(self) -> int:
        """Number of zones."""
        return len(self.boxes_m)


@dataclass(frozen=True)
class WindowVotes:
    """What happened in one window: an entry per person and zone, in order of entry."""

    id: Ints
    zone: Ints
    bin: Ints

    def histogram(self, zones: int, counted: npt.NDArray[np.bool_] | None = None) -> Counts:
        """Votes (zones, BINS) of all entries, or of those ``counted``."""
        cell = self.zone * BINS + self.bin
        cell = cell if counted is None else cell[counted]
        return np.bincount(cell, minlength=zones * BINS).reshape(zones, BINS)


def grid(trajectories: Trajectories, columns: int, rows: int) -> Stays:
    """Zones: an equal grid over the box from the 1st to the 99th percentile of x and of y."""
    if columns < 1 or rows < 1 or columns * rows > 63:
        raise PrivacyError(f"zones {columns}x{rows}: give 1 to 63 zones, such as 2x2")
    x, y = trajectories.x_m, trajectories.y_m
    x_index, x_inside, x_edges = _slices(x, columns)
    y_index, y_inside, y_edges = _slices(y, rows)
    inside = x_inside & y_inside
    t_s = trajectories.t_s - trajectories.t_s[0]
    return Stays(
        t_s[inside],
        trajectories.id[inside],
        (y_index * columns + x_index)[inside],
        x[inside],
        y[inside],
        np.array(
            [
                (x_edges[column], y_edges[row], x_edges[column + 1], y_edges[row + 1])
                for row in range(rows)
                for column in range(columns)
            ]
        ),
        float(t_s[-1]),
    )


def _slices(values: Floats, count: int) -> tuple[Ints, npt.NDArray[np.bool_], Floats]:
    """Slice of each value, whether it lies in one, and the edges (count + 1,) of the slices."""
    low, high = np.percentile(values, [1, 99])
    width = max((high - low) / count, 1e-9)
    index = np.clip(np.floor((values - low) / width), 0, count - 1).astype(np.int64)
    edges = low + width * np.arange(count + 1)
    return index, (values >= low) & (values <= high), edges


def votes(stays: Stays, start_s: float, end_s: float) -> WindowVotes:
    """One vote per person and zone: the larger axis of its net movement there in the window."""
    first, last = np.searchsorted(stays.t_s, [start_s, end_s], side="left")
    ids, zone = stays.id[first:last], stays.zone[first:last]
    order = np.lexsort((np.arange(last - first), zone, ids))
    if len(order) == 0:
        return WindowVotes(ids, zone, np.zeros(0, dtype=np.int64))
    key_changes = np.diff(ids[order]) | np.diff(zone[order])
    begins = np.concatenate([[0], np.flatnonzero(key_changes) + 1])
    ends = np.concatenate([begins[1:], [len(order)]]) - 1
    entry, leave = order[begins], order[ends]
    x, y = stays.x_m[first:last], stays.y_m[first:last]
    dx, dy = x[leave] - x[entry], y[leave] - y[entry]
    moved = np.hypot(dx, dy) >= STANDING_M
    bins = np.array(
        [heading(a, b) if m else 0 for a, b, m in zip(dx, dy, moved, strict=True)], dtype=np.int64
    )
    by_entry = np.argsort(entry, kind="stable")
    return WindowVotes(ids[entry][by_entry], zone[entry][by_entry], bins[by_entry])


@dataclass
class Bounded:
    """The contribution bound over all windows of one run."""

    bound: Bound
    used: dict[int, int] = field(default_factory=dict)
    beyond: dict[int, int] = field(default_factory=dict)  # cells beyond the bound

    def counted(self, window: WindowVotes) -> tuple[npt.NDArray[np.bool_], Beyond]:
        """Which entries count (n,), and how many people went beyond the bound."""
        in_window: dict[int, int] = {}
        if not self.bound.of_visits:
            self.beyond.clear()
        counted = np.zeros(len(window.id), dtype=bool)
        reached = far = 0
        for index, person in enumerate(window.id.tolist()):
            here = in_window.get(person, 0)
            if self.bound.admits(self.used.get(person, 0), here):
                counted[index] = True
                self.used[person] = self.used.get(person, 0) + 1
                in_window[person] = here + 1
            else:
                cells = self.beyond[person] = self.beyond.get(person, 0) + 1
                reached += cells == 1
                far += cells == 1 + far_cells(self.bound.max_cells)
        return counted, Beyond(reached, far)
