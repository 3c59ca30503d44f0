# SPDX-License-Identifier: Apache-2.0
"""Releases of hours, days and weeks: each once, when the last window in it is committed."""

from collections.abc import Iterator
from dataclasses import replace

from privcv_core.event_time.calendar import Calendar
from privcv_core.protocol import release as schema
from privcv_privacy.aggregation.period_reports import PeriodReports
from privcv_privacy.aggregation.period_sums import (
    Drawn,
    PeriodSum,
    Sums,
    due,
    read_sums,
    units_of,
    with_window,
    without,
    write_sums,
)
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.statistic_publisher import ways_of
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.noise.drop_ratio import Ratio
from privcv_privacy.settings import PrivacySettings


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
        self._now: dict[str, tuple[int, int]] = {}  # of each kind: end and era of its last window

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
        """The release of a window was committed."""
        self._now[kind] = (span.end_s, era)

    def releases(self, ratio: Ratio, withheld: Reason | None) -> Iterator[Release]:
        """What is over is released; see ``PeriodReports.of``. Raises ``LedgerError``: what is left
        follows with the next call."""
        for kind, (now_s, era) in list(self._now.items()):
            if kind in self._places:
                for period in due(self._sums(), kind, now_s, era):
                    yield self._release(period, ratio, withheld)

    def _release(self, period: PeriodSum, ratio: Ratio, withheld: Reason | None) -> Release:
        content: schema.Release | None = None

        def render(sequence: int, affordable: bool) -> bytes:
            nonlocal content
            reports = self._reports.of(period, ratio, withheld)
            content = schema.Release(sequence=sequence, zones=[], dwell=[], statistics=reports)
            self._keep(without(self._sums(), period))
            return content.canonical()

        span = self._reports.span(period)
        key = f"{self._camera}|{span.start_s}|{span.length_s}|{period.unit} {period.kind}"
        if period.era:
            key += f"|era {period.era}"
        release = self._ledger.release(key, [], render)
        if not release.fresh:  # it was told before: a recording that is played again
            self._keep(without(self._sums(), period))
            return release
        return replace(release, content=content)

    def _sums(self) -> Sums:
        return read_sums(self._ledger.kept(self._name))

    def _keep(self, sums: Sums) -> None:
        self._ledger.keep(self._name, write_sums(sums))

    @property
    def _name(self) -> str:
        return f"periods|{self._camera}"
