# SPDX-License-Identifier: Apache-2.0
"""The rows that a group of batches becomes, inserted together."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.ingest.series_keys import SeriesKeys
from privcv_collector.storage.tables import (
    batches,
    dwell_reports,
    gaps,
    releases,
    statistic_reports,
    zone_reports,
)
from privcv_collector.storage.utc_time import UtcTime
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.release import DwellReport, StatisticReport, ZoneReport
from privcv_core.protocol.secure_release import AnyRelease, SecureRelease

Values = tuple[Any, ...]
"""One row."""


class Rows:
    """Collects rows, in the order of their table's columns; ``insert`` writes them.

    The statements are prepared once and rows go to the driver as they are: the ORM's conversion of
    each value would cost more than all else that a batch needs.
    """

    def __init__(self, connection: Connection, keys: SeriesKeys) -> None:
        self._connection = connection
        self._keys = keys
        self._time = _time_writer(connection.dialect)
        self._batches: list[Values] = []
        self._gaps: list[Values] = []
        self._releases: list[Values] = []
        self._zones: list[Values] = []
        self._dwell: list[Values] = []
        self._statistics: list[Values] = []

    def add_batch(
        self, device_pk: int, envelope: Envelope, sha256: bytes, accepted: int, now: datetime
    ) -> None:
        """Add the row of a batch."""
        self._batches.append(
            (
                device_pk,
                envelope.sequence,
                sha256,
                accepted,
                self._time(envelope.sent_at),
                self._time(now),
                envelope.key_id,
                envelope.signature.hex(),
            )
        )

    def add_gap(self, device_pk: int, first: int, last: int, declared: int, now: datetime) -> None:
        """Add the releases ``first`` to ``last``, which were passed over."""
        self._gaps.append((device_pk, first, last, declared, self._time(now)))

    def add_releases(
        self, key: CachedKey, batch: int, fresh: Sequence[tuple[AnyRelease, bytes]], device: str
    ) -> None:
        """Add the reports of new releases; raises ``Refused`` before it added anything."""
        places = {place for release, _ in fresh for place in _places(release)}
        keys = self._keys.of(self._connection, key.device_pk, places, device)
        for release, digest in fresh:
            self._releases.append((key.device_pk, release.sequence, batch, digest))
            if isinstance(release, SecureRelease):
                continue  # see ``SealedReports``
            for report in release.zones:
                place = keys[report.camera, report.zone]
                self._zones.append(
                    _zone_row(
                        key.site_pk,
                        self._time(report.window_start),
                        place,
                        release.sequence,
                        report,
                    )
                )
            for dwell in release.dwell:
                place = keys[dwell.camera, dwell.zone]
                self._dwell.append(
                    _dwell_row(
                        key.site_pk, self._time(dwell.period_start), place, release.sequence, dwell
                    )
                )
            for item, one in enumerate(release.statistics):
                front = (key.site_pk, self._time(one.start), keys[one.camera, one.place])
                self._statistics.append((*front, release.sequence, item, *_statistic_row(one)))

    def insert(self) -> None:
        """Write all rows."""
        for table, rows in (
            (batches, self._batches),
            (releases, self._releases),
            (gaps, self._gaps),
            (zone_reports, self._zones),
            (dwell_reports, self._dwell),
            (statistic_reports, self._statistics),
        ):
            if rows:
                self._connection.exec_driver_sql(_statement(table, self._connection.dialect), rows)


def _statement(table: Table, dialect: Dialect) -> str:
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(table.columns.keys())
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([mark] * len(table.columns))})"


def _time_writer(dialect: Dialect) -> Callable[[datetime], Any]:
    return UtcTime().dialect_impl(dialect).bind_processor(dialect) or (lambda time: time)


def _zone_row(site_pk: int, start: Any, series_pk: int, release: int, report: ZoneReport) -> Values:
    return (
        site_pk,
        start,
        series_pk,
        release,
        report.window_s,
        report.status,
        report.reason,
        report.occupancy,
        report.occupancy_low,
        report.occupancy_high,
        *report.flow,
        *_common(report),
    )


def _dwell_row(
    site_pk: int, start: Any, series_pk: int, release: int, report: DwellReport
) -> Values:
    return (
        site_pk,
        start,
        series_pk,
        release,
        report.period_s,
        report.status,
        report.reason,
        *report.visits,
        *report.visits_low,
        *report.visits_high,
        *_common(report),
    )


def _places(release: AnyRelease) -> set[tuple[str, str]]:
    """Camera and place of all reports of a release."""
    if isinstance(release, SecureRelease):
        return set()
    found = {(report.camera, report.zone) for report in (*release.zones, *release.dwell)}
    return found | {(report.camera, report.place) for report in release.statistics}


def _statistic_row(report: StatisticReport) -> Values:
    return (
        report.statistic,
        report.period,
        report.length_s,
        report.status,
        report.reason,
        report.value,
        report.low,
        report.high,
        report.area_m2,
        *_common(report),
    )


def _common(report: ZoneReport | DwellReport | StatisticReport) -> Values:
    return (
        report.confidence,
        report.coverage,
        report.epsilon,
        report.delta,
        report.unit,
        report.mechanism,
    )
