# SPDX-License-Identifier: Apache-2.0
"""Site records as readers ask for them: the newest of each device, and all as signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy import Connection, Engine, Select, func, select

from privcv_collector.queries.envelope_pages import envelope_pages
from privcv_collector.storage.tables import devices, site_records
from privcv_core.protocol.envelope import frame
from privcv_core.protocol.site_record import SiteRecord
from privcv_core.settings.time_zone import time_zone


@dataclass(frozen=True)
class KeptRecord:
    """The record of one device, and when it came."""

    site: str  # where the device is enrolled; the record names the site as its file does
    device: str
    device_pk: int
    version: int
    digest: str
    sent_at: datetime
    received_at: datetime
    record: SiteRecord


def newest_records(
    connection: Connection, sites: dict[int, str], device: str | None = None
) -> list[KeptRecord]:
    """The newest record of each device of ``sites`` that is not revoked, by site and device."""
    query = _newest(sites)
    if device is not None:
        query = query.where(devices.c.device == device)
    return [
        KeptRecord(
            sites[row.site_pk],
            row.device,
            row.device_pk,
            row.version,
            row.sha256.hex(),
            row.sent_at,
            row.received_at,
            SiteRecord.model_validate(frame(row.envelope.encode()).body["site_record"]["content"]),
        )
        for row in connection.execute(query)
    ]


def labels_of(connection: Connection, sites: dict[int, str]) -> dict[int, str]:
    """What people call ``sites``, by key, as the first record of each says it."""
    found: dict[int, str] = {}
    for row in connection.execute(_newest(sites)):  # each was checked when it came
        content = frame(row.envelope.encode()).body["site_record"]["content"]
        found.setdefault(row.site_pk, str(content.get("label", "")))
    return found


def _newest(sites: dict[int, str]) -> Select[Any]:
    """The newest record of each device of ``sites`` that is not revoked, by site and device."""
    known = site_records.c
    last = (
        select(known.device_pk, func.max(known.version).label("version"))
        .group_by(known.device_pk)
        .subquery()
    )
    return (
        select(site_records, devices.c.device, devices.c.site_pk)
        .join(last, (last.c.device_pk == known.device_pk) & (last.c.version == known.version))
        .join(devices, devices.c.pk == known.device_pk)
        .where(devices.c.site_pk.in_(sites), devices.c.revoked_at.is_(None))
        .order_by(devices.c.site_pk, devices.c.pk)
    )


def known_zone(record: SiteRecord) -> str:
    """The time zone of a record; UTC where this machine does not know it."""
    try:
        time_zone(record.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return record.time_zone


def label_of(record: SiteRecord, camera: str, place: str) -> str:
    """What people call a zone or line; '' where the record does not say it."""
    for one in record.cameras:
        if one.name == camera:
            labels = {zone.name: zone.label for zone in one.zones}
            labels |= {line.name: line.label for line in one.lines if line.name not in labels}
            return labels.get(place, "")
    return ""


def record_pages(
    engine: Engine, sites: dict[int, str], device: str, size: int
) -> Iterator[list[str]]:
    """The signed envelopes of a device's records, oldest first, ``size`` at a time."""
    return envelope_pages(engine, sites, device, size, site_records.c.version)
