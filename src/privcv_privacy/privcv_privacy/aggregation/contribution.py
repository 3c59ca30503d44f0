# SPDX-License-Identifier: Apache-2.0
"""Contribution bound: what one unit may still contribute, kept before anything is counted.

It makes the sensitivity of everything that is released: docs/privacy.md, *How it is kept*.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.zones import MAX_ZONES
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.histogram import BINS, DWELL_BINS, DWELL_EDGES_S, STEPS, heading
from privcv_privacy.noise.two_depths import far_cells
from privcv_privacy.settings import PrivacySettings


@dataclass
class CellStay:
    """What one visit did in one zone during one window: it becomes one vote."""

    standing: int = 0  # ticks
    moving: int = 0  # ticks
    x: float = 0.0  # sum of steps
    y: float = 0.0

    def add(self, direction: int) -> None:
        """One more tick, heading in ``direction`` of AnonymousTrack."""
        step = STEPS[direction] if direction < len(STEPS) else STEPS[0]
        self.moving += step != (0.0, 0.0)
        self.standing += step == (0.0, 0.0)
        self.x += step[0]
        self.y += step[1]

    def vote(self) -> int:
        """The one bin this stay counts in; standing where it stood longer than it moved."""
        return 0 if self.standing > self.moving else heading(round(self.x, 6), round(self.y, 6))


class Bound:
    """Contribution bound: how many cells units may still count in, cell by cell in order of time.

    Sensitivity of the counts, in the L1 norm: ``max_cells`` votes of a visit in its life, of a
    person-window in its window, and 1 of an event. Only what a unit itself did decides about it:
    nobody else's presence changes its answer.
    """

    def __init__(self, settings: PrivacySettings) -> None:
        self.unit = settings.unit
        self.of_visits = settings.unit == "visit"
        self.max_cells = settings.max_cells

    def admits(self, used_in_life: int, used_in_window: int) -> bool:
        """Whether one more cell of a unit may count, after so many that it used."""
        if self.unit == "event":
            return True
        return (used_in_life if self.unit == "visit" else used_in_window) < self.max_cells


class Beyond(NamedTuple):
    """Visits that went beyond the bound in a window: each is once in its life in each number."""

    reached: int  # that would have counted in one cell more, for the first time
    far: int  # that did in ``far_cells`` more after it


@dataclass
class Visit:
    """All that is remembered of one identity, in memory only, until it can no longer return.

    A visit is over when its identity has been absent for longer than any can be; then its votes
    are in the sums of ``Contributions`` and nothing is left of it.
    Under the weaker units nothing but ``dwell_ticks`` outlives a window, and nothing a dwell
    period: docs/privacy.md, *What is remembered*.
    """

    first_tick: int
    last_tick: int
    absent: int = 0  # ticks in a row that did not tell of it
    retired: bool = False  # its cohort has ended: whatever it does is not counted
    cells: int = 0  # counted so far in its life
    beyond: int = 0  # cells beyond the bound, so far in its life; weaker units: in this window
    dwell_cells: int = 0  # zones x dwell periods counted so far
    stays: dict[int, CellStay] = field(default_factory=dict)  # zone -> this window
    refused: set[int] = field(default_factory=set)  # zones of this window beyond the bound
    dwell_ticks: dict[int, int] = field(default_factory=dict)  # zone -> this dwell period
    # What ``BoundedSums`` counted of it: in its life; under the weaker units in this window.
    moments: int = 0
    crossings: int = 0
    begun: bool = False


def in_own_order(id: int, zones: Sequence[int], last: int) -> list[int]:
    """The zones of one identity's tick in the order in which they use up its bound.

    A tick does not tell in which order they were entered, but for the last one, which comes first:
    no crossing on the way makes somebody miss where they went. The order of the others goes by
    the identity, a keyed hash, and by nobody else: no zone is always the one that is dropped.
    """
    return sorted(zones, key=lambda zone: (zone != last, (zone - id) % MAX_ZONES))


class Contributions:
    """The bounded contributions of all visits under one camera to the window that is open."""

    def __init__(self, settings: PrivacySettings, zones: int) -> None:
        self.settings = settings
        self.zones = zones
        self.bound = Bound(settings)
        self.visits: dict[int, Visit] = {}
        self.beyond = Beyond(0, 0)
        self._far = 1 + far_cells(settings.max_cells)
        self.overlong = 0  # sightings of identities that outlived their lifetime
        self._window_done = np.zeros((zones, BINS), dtype=np.int64)  # of visits that are over
        self._dwell_done = np.zeros((zones, DWELL_BINS), dtype=np.int64)

    def add(
        self,
        tick: int,
        ids: npt.NDArray[np.uint64],
        zones: Sequence[Sequence[int]],
        last: npt.NDArray[np.int64],
        directions: npt.NDArray[np.uint8],
    ) -> None:
        """Everybody under the camera during one tick; an identity given twice counts once.

        ``ids`` (n,); ``zones`` (n): the zones that each was in, indices, each once; ``last`` (n,):
        the zone that each was in last, -1 outside; ``directions`` (n,): of AnonymousTrack.
        """
        lifetime = self.settings.identity_lifetime_s // TICK_S
        seen: set[int] = set()
        for key, entered, zone, direction in zip(
            ids.tolist(), zones, last.tolist(), directions.tolist(), strict=True
        ):
            if key in seen:
                continue
            seen.add(key)
            visit = self.visits.get(key)
            if visit is None:
                visit = self.visits[key] = Visit(tick, tick)
            visit.last_tick, visit.absent = tick, 0
            if self.bound.of_visits and tick - visit.first_tick > lifetime:
                self.overlong += 1
                continue
            if visit.retired:
                continue
            for one in in_own_order(key, entered, zone):
                self._count(visit, one, direction)
            if zone >= 0:
                self._dwell(visit, zone)

    def miss(self, ids: npt.NDArray[np.uint64]) -> None:
        """A tick right after the one before told of ``ids`` (n,) and of nobody else.

        Who was missed for longer than an identity may be absent cannot return: a visit that is
        over. Ticks in a row are what the camera's own time is made of; where it was set, or ticks
        were lost, nothing is known of who was absent in between, so do not call this then.

        Under the weaker units nothing is let go of here: see ``forget``.
        """
        if not self.bound.of_visits:
            return
        there = set(ids.tolist())
        most = self.settings.identity_absence_s // TICK_S
        for key in [key for key in self.visits if key not in there]:
            self.visits[key].absent += 1
            if self.visits[key].absent > most:
                self._end(key)

    def end_all(self) -> None:
        """The camera replaced every identity: none of the visits so far can go on."""
        for key in list(self.visits):
            self._end(key)

    def _end(self, key: int) -> None:
        """Keep the votes of a visit that is over, and forget it."""
        visit = self.visits.pop(key)
        _add_votes(self._window_done, visit)
        _add_dwell(self._dwell_done, visit)

    def _count(self, visit: Visit, zone: int, direction: int) -> None:
        stay = visit.stays.get(zone)
        if stay is None and zone not in visit.refused:
            if self.bound.admits(visit.cells, len(visit.stays)):
                stay = visit.stays[zone] = CellStay()
                visit.cells += 1
            else:
                visit.refused.add(zone)
                self._drop(visit)
        if stay is not None:
            stay.add(direction)

    def _dwell(self, visit: Visit, zone: int) -> None:
        """A tick is a stay in one zone, the last one: nobody is in two at a time."""
        if zone in visit.dwell_ticks:
            visit.dwell_ticks[zone] += 1
        elif visit.dwell_cells < self.settings.max_cells:
            visit.dwell_cells += 1
            visit.dwell_ticks[zone] = 1

    def _drop(self, visit: Visit) -> None:
        visit.beyond += 1
        reached, far = self.beyond
        self.beyond = Beyond(reached + (visit.beyond == 1), far + (visit.beyond == self._far))

    def close_window(self) -> npt.NDArray[np.int64]:
        """The window's histograms (zones, BINS), one vote per visit and zone; opens the next."""
        counts = self._window_done
        self._window_done = np.zeros_like(counts)
        for visit in self.visits.values():
            _add_votes(counts, visit)
            if visit.stays or visit.refused:
                visit.stays, visit.refused = {}, set()
                if not self.bound.of_visits:
                    visit.beyond = 0
        return counts

    def close_dwell(self) -> npt.NDArray[np.int64]:
        """The period's dwell histograms (zones, DWELL_BINS), a vote per visit and zone.

        Sensitivity, in the L1 norm: ``max_cells`` votes of a visit in its life. Under the weaker
        units a window or an event more or less may change all ``max_cells`` votes of its identity,
        each by one vote less and one more: twice that.
        """
        counts = self._dwell_done
        self._dwell_done = np.zeros_like(counts)
        for visit in self.visits.values():
            _add_dwell(counts, visit)
            visit.dwell_ticks = {}
        if not self.bound.of_visits:
            self.visits.clear()  # the next period has other ids
        return counts

    def close_beyond(self) -> Beyond:
        """Visits that went beyond the bound since the last call.

        Sensitivity: 1 of each number, of a visit in its life, of a person-window in its window.
        """
        beyond, self.beyond = self.beyond, Beyond(0, 0)
        return beyond

    def forget(self, tick: int) -> None:
        """Let go of identities older than any may be. Call when a window has just closed.

        Visits have mostly gone before, see ``miss``: these are of a camera that fell silent.
        Under the weaker units they go when their dwell is told: were they to go by when they were
        last seen, one window more or less would decide whether a stay is told as one or as two.
        """
        if not self.bound.of_visits:
            self.visits = {key: visit for key, visit in self.visits.items() if visit.dwell_ticks}
            return
        lifetime = self.settings.identity_lifetime_s // TICK_S
        gone = [key for key, visit in self.visits.items() if tick - visit.last_tick > lifetime]
        for key in gone:
            self._end(key)

    def retire(self) -> None:
        """No identity of so far counts any more: their cohort has ended."""
        self.beyond = Beyond(0, 0)
        self._window_done = np.zeros_like(self._window_done)
        self._dwell_done = np.zeros_like(self._dwell_done)
        if not self.bound.of_visits:
            self.visits.clear()  # whether an id was there before must not decide about it now
        for visit in self.visits.values():
            visit.retired = True
            visit.stays, visit.refused, visit.dwell_ticks = {}, set(), {}


def _add_votes(counts: npt.NDArray[np.int64], visit: Visit) -> None:
    for zone, stay in visit.stays.items():
        counts[zone, stay.vote()] += 1


def _add_dwell(counts: npt.NDArray[np.int64], visit: Visit) -> None:
    for zone, ticks in visit.dwell_ticks.items():
        counts[zone, int(np.searchsorted(DWELL_EDGES_S, ticks * TICK_S, side="right"))] += 1
