# SPDX-License-Identifier: Apache-2.0
"""True sums of the hour that is open, for numbers that are drawn once for it.

What a unit may add is bounded for its life before it gets here (``BoundedSums``), so an hour takes
the same bound as a window: docs/privacy.md, *Drawn once for an hour*. A restart forgets the hour
that is open; then the sum of its windows is told, which the ledger keeps.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.calendar import Calendar, Period
from privcv_privacy.aggregation.payments import Lived
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.release_queue import Closed
from privcv_privacy.budget.charge import ENTRIES_HOUR, PRESENCE_HOUR
from privcv_privacy.settings import PrivacySettings

Counts = npt.NDArray[np.int64]


def hour_of(calendar: Calendar, at_s: int) -> Period:
    """The hour of the site's clock that holds ``at_s``."""
    return calendar.period("hour", at_s)


class HourSums:
    """What the windows of an hour truly counted, of one camera, until it is closed.

    Only windows that were observed while the place was open are in it, as in the sums of what
    windows drew: both are estimates of the same.
    """

    def __init__(self, settings: PrivacySettings, calendar: Calendar) -> None:
        self._settings, self._calendar = settings, calendar
        self._presence: Counts | None = None  # of the hour that is open
        self._crossings: Counts | None = None
        self._moments = 0
        self._observed_s = 0.0
        self._from_ns: int | None = None

    def add(
        self,
        span: Span,
        sums: tuple[Counts, Counts],
        moments: int,
        lived: Lived,
        affordable_s: int,
    ) -> Sequence[Closed]:
        """One more window that was closed, its presence and crossings; what the queue gets if an
        hour ends with it. ``moments``, ``affordable_s``: as of ``Closed``."""
        hour = hour_of(self._calendar, span.start_s)
        presence, crossings = sums
        if self._presence is None or self._crossings is None:
            self._presence, self._crossings = np.zeros_like(presence), np.zeros_like(crossings)
        if self._from_ns is None:
            self._from_ns = lived.from_ns
        is_open = self._calendar.is_open(span.start_s)
        if is_open and span.coverage > 0 and span.coverage >= self._settings.min_coverage:
            self._presence = self._presence + presence
            self._crossings = self._crossings + crossings
            self._moments += moments
            self._observed_s += span.coverage * span.length_s
        if span.end_s < hour.end_s:
            return ()
        closed = self._closed(span.camera, hour, lived, affordable_s)
        self.forget()
        return closed

    def forget(self) -> None:
        """Nothing of so far counts: identities are new, or the clock was set."""
        self._presence = self._crossings = self._from_ns = None
        self._moments, self._observed_s = 0, 0.0

    def _closed(
        self, camera: str, hour: Period, lived: Lived, affordable_s: int
    ) -> Sequence[Closed]:
        open_s = self._calendar.open_s(hour.start_s, hour.end_s)
        if not open_s or self._presence is None or self._crossings is None:
            return ()
        span = Span(
            camera, hour.start_s, hour.end_s - hour.start_s, min(self._observed_s / open_s, 1.0)
        )
        lived = replace(lived, from_ns=min(self._from_ns or 0, lived.from_ns))
        found = []
        if self._settings.presence_epsilon:
            moments = self._moments
            found.append(
                Closed(span, self._presence, lived, affordable_s, PRESENCE_HOUR, None, moments)
            )
        if self._settings.entries_epsilon and len(self._crossings):
            found.append(Closed(span, self._crossings, lived, affordable_s, ENTRIES_HOUR))
        return found
