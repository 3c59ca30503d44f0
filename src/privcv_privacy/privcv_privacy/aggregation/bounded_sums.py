# SPDX-License-Identifier: Apache-2.0
"""Bounded sums of a window: person-time in zones, crossings of lines, visits begun.

What one unit may add to each is bounded before anything is summed, as votes are:
docs/privacy.md, *How it is kept*. Only what is released is summed.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.contribution import Visit
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.line_settings import MAX_LINES
from privcv_privacy.settings import PrivacySettings

Counts = npt.NDArray[np.int64]

WAYS = 2
"""Of a line: to its left, as seen from its first point to its second, and to its right."""


def moments_of(settings: PrivacySettings) -> int:
    """Moments between two ticks at which presence counts one unit, at most."""
    return settings.presence_cap_s // TICK_S


class BoundedSums:
    """The sums of the window that is open, under one camera; ``begun`` goes on until it is asked.

    ``zones``, ``lines``: how many there are.
    """

    def __init__(self, settings: PrivacySettings, zones: int, lines: int) -> None:
        self._of_visits = settings.unit == "visit"
        self._lifetime = settings.identity_lifetime_s // TICK_S
        self._most_moments = moments_of(settings) if settings.presence_epsilon else 0
        self._most_crossings = settings.max_crossings if settings.entries_epsilon else 0
        self._counts_begun = settings.footfall_epsilon > 0
        self._before: dict[int, int] = {}  # who was in the last tick, and in which zone it ended
        self._presence = np.zeros(zones, dtype=np.int64)
        self._crossings = np.zeros(WAYS * lines, dtype=np.int64)
        self._begun = 0

    def add(
        self,
        tick: int,
        visits: Mapping[int, Visit],
        ids: npt.NDArray[np.uint64],
        zones: Sequence[Sequence[int]],
        last: Counts,
        crossed: npt.NDArray[np.uint32],
        *,
        follows: bool,
    ) -> None:
        """Everybody under the camera during one tick, of whom ``visits`` knows by id.

        ``ids``, ``zones``, ``last``: as ``Contributions.add``; ``crossed`` (n,): of AnonymousTrack.
        ``follows``: the camera looked in the tick right before too, which is of the same window.
        """
        before, self._before = (self._before if follows else {}), {}
        for key, entered, zone, bits in zip(
            ids.tolist(), zones, last.tolist(), crossed.tolist(), strict=True
        ):
            visit = visits[key]
            overlong = self._of_visits and tick - visit.first_tick > self._lifetime
            if visit.retired or overlong or key in self._before:
                continue
            self._before[key] = zone
            if before.get(key, -1) >= 0:
                self._be_present(visit, before[key])
            if bits:
                self._cross(visit, key, bits)
            if entered and self._counts_begun and not visit.begun:
                visit.begun = True
                self._begun += 1

    def close_window(self, visits: Mapping[int, Visit]) -> tuple[Counts, Counts]:
        """Moments at which somebody was in each zone (zones,); crossings (2 * lines,), to the left
        and to the right of each. Opens the next window.

        Sensitivity, in the L1 norm, of each: what a visit may add in its life, a person-window in
        its window; an event twice that, since what it leaves another may take.
        """
        presence, crossings = self._presence, self._crossings
        self._presence, self._crossings = np.zeros_like(presence), np.zeros_like(crossings)
        self._before = {}
        if not self._of_visits:
            for visit in visits.values():
                visit.moments = visit.crossings = 0
        return presence, crossings

    def close_begun(self) -> int:
        """Visits begun since the last call. Sensitivity: 1, of a visit in its life."""
        begun, self._begun = self._begun, 0
        return begun

    def retire(self) -> None:
        """Nobody of so far counts any more."""
        self._before, self._begun = {}, 0
        self._presence = np.zeros_like(self._presence)
        self._crossings = np.zeros_like(self._crossings)

    def _be_present(self, visit: Visit, zone: int) -> None:
        """Somebody is there at the moment between two ticks: in the zone in which the first ended.

        Whoever comes or goes within a tick is there at its end or is not: on average their time.
        """
        if visit.moments < self._most_moments:
            visit.moments += 1
            self._presence[zone] += 1

    def _cross(self, visit: Visit, id: int, bits: int) -> None:
        """Of one tick's crossings, in an order that the identity alone decides, what may count."""
        for place in sorted(range(len(self._crossings)), key=lambda place: _own_order(id, place)):
            if bits >> place & 1 and visit.crossings < self._most_crossings:
                visit.crossings += 1
                self._crossings[place] += 1


def _own_order(id: int, place: int) -> int:
    return (place - id) % (WAYS * MAX_LINES)
