# SPDX-License-Identifier: Apache-2.0
"""The rows that a group of batches becomes, inserted together."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert, select

from privcv_collector.refused import Refused
from privcv_collector.storage.key_cache import KnownKey
from privcv_collector.storage.tables import (
    UtcTime,
    batches,
    dwell_reports,
    gaps,
    releases,
    series,
    zone_reports,
)
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.release import DwellReport, Release, ZoneReport

MOST_SERIES = 4096
"""Zones one device may ever report: far more than a site has, far fewer than an attack needs."""

_MOST_DEVICES = 10_000

Place = tuple[str, str]
"""Camera and zone."""

Values = tuple[Any, ...]
"""One row."""


class SeriesKeys:
    """The key of each (device, camera, zone), read once and added where it is new.

    Forget everything (``clear``) when a transaction fails: it may have added keys. Forget it too
    where a device's batches went back: the database was restored, and lacks what was added since.
    """

    def __init__(self) -> None:
        self._known: dict[int, dict[Place, int]] = {}
        self._last_batch: dict[int, int] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._last_batch.clear()

    def note(self, last_batches: dict[int, int]) -> None:
        """Remember the last batch of devices, as of the transaction that is about to commit."""
        self._last_batch.update(last_batches)

    def are_ahead_of(self, device_pk: int, last_batch: int) -> bool:
        """Whether a later batch than ``last_batch`` was noted for this device."""
        return self._last_batch.get(device_pk, 0) > last_batch

    def of(
        self, connection: Connection, device_pk: int, wanted: set[Place], device: str
    ) -> dict[Place, int]:
        """Keys of at least the ``wanted`` places; raises ``Refused`` where they are too many."""
        known = self._known.get(device_pk, {})
        if not wanted <= known.keys():
            known = self._read(connection, device_pk)
            new = sorted(wanted - known.keys())
            if len(known) + len(new) > MOST_SERIES:
                words = f"a device may report at most {MOST_SERIES} zones"
                raise Refused(422, "invalid", words, device=device)
            for camera, zone in new:
                row = {"device_pk": device_pk, "camera": camera, "zone": zone}
                added = connection.execute(insert(series).values(row).returning(series.c.pk))
                known[camera, zone] = added.scalar_one()
            if len(self._known) >= _MOST_DEVICES:
                self.clear()
            self._known[device_pk] = known
        return known

    def _read(self, connection: Connection, device_pk: int) -> dict[Place, int]:
        found = connection.execute(select(series).where(series.c.device_pk == device_pk))
        return {(row.camera, row.zone): row.pk for row in found}


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
        self, key: KnownKey, batch: int, fresh: list[tuple[Release, bytes]], device: str
    ) -> None:
        """Add the reports of new releases; raises ``Refused`` before it added anything."""
        places = {
            (report.camera, report.zone)
            for release, _ in fresh
            for report in (*release.zones, *release.dwell)
        }
        keys = self._keys.of(self._connection, key.device_pk, places, device)
        for release, digest in fresh:
            self._releases.append((key.device_pk, release.sequence, batch, digest))
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

    def insert(self) -> None:
        """Write all rows."""
        for table, rows in (
            (batches, self._batches),
            (releases, self._releases),
            (gaps, self._gaps),
            (zone_reports, self._zones),
            (dwell_reports, self._dwell),
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


def _common(report: ZoneReport | DwellReport) -> Values:
    return (
        report.confidence,
        report.coverage,
        report.epsilon,
        report.delta,
        report.unit,
        report.mechanism,
    )
