# SPDX-License-Identifier: Apache-2.0
"""The rows that a group of batches becomes, inserted together."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from privcv_uplink.collector.answers import Refused
from privcv_uplink.collector.known import KnownKey
from privcv_uplink.collector.tables import (
    FLOW,
    VISITS,
    VISITS_HIGH,
    VISITS_LOW,
    batches,
    dwell_reports,
    gaps,
    releases,
    series,
    zone_reports,
)
from privcv_uplink.report import DwellReport, Release, ZoneReport

MOST_SERIES = 4096
"""Zones one device may ever report: far more than a site has, far fewer than an attack needs."""

_MOST_DEVICES = 10_000

Place = tuple[str, str]
"""Camera and zone."""


class SeriesKeys:
    """The key of each (device, camera, zone), read once and added where it is new.

    Forget everything (``clear``) when a transaction fails: it may have added keys.
    """

    def __init__(self) -> None:
        self._known: dict[int, dict[Place, int]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

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
                self._known.clear()
            self._known[device_pk] = known
        return known

    def _read(self, connection: Connection, device_pk: int) -> dict[Place, int]:
        found = connection.execute(select(series).where(series.c.device_pk == device_pk))
        return {(row.camera, row.zone): row.pk for row in found}


class Rows:
    """Collects rows; ``insert`` writes them with one statement for each table."""

    def __init__(self, connection: Connection, keys: SeriesKeys) -> None:
        self._connection = connection
        self._keys = keys
        self.batches: list[dict[str, Any]] = []
        self.gaps: list[dict[str, Any]] = []
        self._releases: list[dict[str, Any]] = []
        self._zones: list[dict[str, Any]] = []
        self._dwell: list[dict[str, Any]] = []

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
            self._releases.append(
                {
                    "device_pk": key.device_pk,
                    "release": release.sequence,
                    "batch": batch,
                    "sha256": digest,
                }
            )
            for report in release.zones:
                place = keys[report.camera, report.zone]
                self._zones.append(_zone_row(key.site_pk, place, release.sequence, report))
            for dwell in release.dwell:
                place = keys[dwell.camera, dwell.zone]
                self._dwell.append(_dwell_row(key.site_pk, place, release.sequence, dwell))

    def insert(self) -> None:
        """Write all rows."""
        tables: Iterable[tuple[Table, list[dict[str, Any]]]] = (
            (batches, self.batches),
            (releases, self._releases),
            (gaps, self.gaps),
            (zone_reports, self._zones),
            (dwell_reports, self._dwell),
        )
        for table, rows in tables:
            if rows:
                self._connection.execute(insert(table), rows)


def _zone_row(site_pk: int, series_pk: int, release: int, report: ZoneReport) -> dict[str, Any]:
    return {
        "site_pk": site_pk,
        "window_start": report.window_start,
        "series_pk": series_pk,
        "release": release,
        "window_s": report.window_s,
        "occupancy": report.occupancy,
        "occupancy_low": report.occupancy_low,
        "occupancy_high": report.occupancy_high,
        **dict(zip(FLOW, report.flow, strict=True)),
        **_common(report),
    }


def _dwell_row(site_pk: int, series_pk: int, release: int, report: DwellReport) -> dict[str, Any]:
    return {
        "site_pk": site_pk,
        "period_start": report.period_start,
        "series_pk": series_pk,
        "release": release,
        "period_s": report.period_s,
        **dict(zip(VISITS, report.visits, strict=True)),
        **dict(zip(VISITS_LOW, report.visits_low, strict=True)),
        **dict(zip(VISITS_HIGH, report.visits_high, strict=True)),
        **_common(report),
    }


def _common(report: ZoneReport | DwellReport) -> dict[str, Any]:
    return {
        "status": report.status,
        "reason": report.reason,
        "confidence": report.confidence,
        "coverage": report.coverage,
        "epsilon": report.epsilon,
        "delta": report.delta,
        "unit": report.unit,
        "mechanism": report.mechanism,
    }
