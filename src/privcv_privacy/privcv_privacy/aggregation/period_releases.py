# SPDX-License-Identifier: Apache-2.0
"""Releases of hours, days and weeks: each once, when the last window in it is committed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from privcv_core.event_time.calendar import Calendar, Period
from privcv_core.protocol import release as schema
from privcv_core.protocol.release import StatisticReport
from privcv_privacy.aggregation.period_reports import PeriodReports
from privcv_privacy.aggregation.period_sums import (
    Drawn,
    PeriodSum,
    Sums,
    better,
    due,
    empty_sum,
    read_sums,
    units_of,
    with_hour,
    with_window,
    write_sums,
)
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.statistic_publisher import ways_of
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.charge import ENTRIES, ENTRIES_HOUR, PRESENCE, PRESENCE_HOUR
from privcv_privacy.noise.drop_ratio import Ratio
from privcv_privacy.settings import PrivacySettings

OF_HOURS = {PRESENCE_HOUR: PRESENCE, ENTRIES_HOUR: ENTRIES}
"""What is drawn once for an hour -> the same of windows."""


class PeriodReleases:
    """The periods of one camera, whose sums the ledger keeps."""

    def __init__(
        self, settings: PrivacySettings, zones: ZoneMap, ledger: LedgerProtocol, calendar: Calendar
    ) -> None:
        self._camera, self._ledger, self._calendar = zones.camera, ledger, calendar
        self._units = units_of(settings)
        self._reports = PeriodReports(settings, zones, calendar)
        self._places = {
            "zones": zones.names,
            "presence": zones.names,
            "entries": tuple(f"{way} {line}" for way, line in ways_of(zones)),
        }
        self._with_hours = frozenset(OF_HOURS.values()) if settings.hour_share else frozenset[str]()
        self._now: dict[str, tuple[int, int]] = {}  # of each kind: end and era of its last window

    def hour(
        self,
        kind: str,
        span: Span,
        era: int,
        drawn: Drawn | None,
        epsilon: float,
        reason: Reason | None,
    ) -> list[StatisticReport]:
        """Reports of an hour for which a number was drawn at the price of ``epsilon``, within the
        release of which this is called: by it or by the sum of its windows, whichever is better.

        ``drawn``: None where nothing was, for a ``reason``.
        """
        base, sums = OF_HOURS[kind], self._sums()
        period = Period("hour", span.start_s, span.end_s)
        new = empty_sum(period, kind, era, self._places[base])
        of_windows = [one for one in sums if one.kind == base and one.same_time(new)]
        sums = tuple(one for one in sums if one not in of_windows)
        own = None
        if drawn is not None:
            observed_s = span.coverage * self._calendar.open_s(span.start_s, span.end_s)
            own = new.add(drawn, observed_s)
            sums = with_hour(sums, self._units, self._calendar, own, drawn)
        self._keep(sums)
        told = better(own, of_windows[0] if of_windows else None)
        withheld = reason if told is None or reason == "fault" else None
        told = replace(told or new, kind=base)
        return self._reports.of(told, withheld=withheld, epsilon=epsilon if own else 0.0)

    def note(self, kind: str, span: Span, era: int, drawn: Drawn | None) -> None:
        """One more window, within the release of which this is called.

        ``drawn``: None where nothing of it was paid for.
        """
        if kind in self._places and self._units:
            window = (kind, span, era)
            places, sums = self._places[kind], self._sums()
            after = with_window(sums, self._units, self._calendar, window, places, drawn)
            self._keep(after)

    def closed(self, kind: str, span: Span, era: int) -> None:
        """The release of a window was committed, or of an hour that is drawn once."""
        if kind in OF_HOURS:
            self._now[OF_HOURS[kind]] = self._now[kind] = (span.end_s, era)
        elif kind not in self._with_hours:  # else it waits for the hour
            self._now[kind] = (span.end_s, era)

    def releases(self, ratio: Ratio, withheld: Reason | None) -> Iterator[Release]:
        """What is over is released; see ``PeriodReports.of``. Raises ``LedgerError``: what is left
        follows with the next call."""
        for kind, (now_s, era) in list(self._now.items()):
            if kind in self._places or kind in OF_HOURS:
                while over := due(self._sums(), kind, now_s, era):
                    yield self._release(over[0], ratio, withheld)

    def _release(self, period: PeriodSum, ratio: Ratio, withheld: Reason | None) -> Release:
        """One period; of windows and of hours that were drawn, whichever is better."""
        content: schema.Release | None = None
        kind = OF_HOURS.get(period.kind, period.kind)
        both = [one for one in self._sums() if one.same_time(period) and _is_of(one, kind)]
        told = replace(better(both[0], both[-1]) or period, kind=kind)

        def render(sequence: int, affordable: bool) -> bytes:
            nonlocal content
            reports = self._reports.of(told, ratio, withheld)
            content = schema.Release(sequence=sequence, zones=[], dwell=[], statistics=reports)
            self._let_go(both)
            return content.canonical()

        span = self._reports.span(period)
        key = f"{self._camera}|{span.start_s}|{span.length_s}|{period.unit} {kind}"
        if period.era:
            key += f"|era {period.era}"
        release = self._ledger.release(key, [], render)
        if not release.fresh:  # it was told before: a recording that is played again
            self._let_go(both)
            return release
        return replace(release, content=content)

    def _let_go(self, gone: Sequence[PeriodSum]) -> None:
        self._keep(tuple(one for one in self._sums() if one not in gone))

    def _sums(self) -> Sums:
        return read_sums(self._ledger.kept(self._name))

    def _keep(self, sums: Sums) -> None:
        self._ledger.keep(self._name, write_sums(sums))

    @property
    def _name(self) -> str:
        return f"periods|{self._camera}"


def _is_of(one: PeriodSum, kind: str) -> bool:
    return kind in (one.kind, OF_HOURS.get(one.kind))
