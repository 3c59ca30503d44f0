# SPDX-License-Identifier: Apache-2.0
"""Sites sorted by what needs somebody, in a handful of queries however many there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from privcv_collector.devices.attestation import standing_of
from privcv_collector.devices.device_health import health_in
from privcv_collector.queries.audit_queries import gaps_of
from privcv_collector.queries.device_problems import (
    FOR_VIEWERS,
    SEVERITY,
    Device,
    Problem,
    problems_of,
)
from privcv_collector.queries.site_queries import labels_of
from privcv_collector.storage.attestation_tables import attesters
from privcv_collector.storage.health_tables import device_health, health_changes
from privcv_collector.storage.tables import CONTRADICTED, checkpoints, devices
from privcv_core.protocol.timestamps import rfc3339_whole

STATES = ("well", "look", "soon", "now")
"""What a site needs: nobody, a look, somebody soon, somebody now."""


@dataclass(frozen=True)
class SiteHealth:
    """One site and what is wrong there, the worst first."""

    site: str
    label: str
    devices: int
    last_seen_at: datetime | None
    versions: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def state(self) -> str:
        """By its worst problem."""
        return STATES[max((SEVERITY[one.code] for one in self.problems), default=0)]


def fleet(
    connection: Connection, sites: dict[int, str], now: datetime, *, for_viewer: bool
) -> list[SiteHealth]:
    """Health of ``sites``, those first that need somebody most.

    ``for_viewer``: only what says whether the site works, and no device by name.
    """
    by_site: dict[int, list[Device]] = {pk: [] for pk in sites}
    for site_pk, device in _devices(connection, sites):
        by_site[site_pk].append(device)
    labels = labels_of(connection, sites)
    found = [
        _site(name, labels.get(pk, ""), by_site[pk], now, for_viewer) for pk, name in sites.items()
    ]
    return sorted(found, key=_urgency)


def device_reports(connection: Connection, sites: dict[int, str]) -> list[dict[str, Any]]:
    """The newest report of each device of ``sites`` that is not revoked, and its changes."""
    query = (
        select(device_health, devices.c.device, devices.c.site_pk)
        .join(devices, devices.c.pk == device_health.c.device_pk)
        .where(devices.c.site_pk.in_(sites), devices.c.revoked_at.is_(None))
        .order_by(devices.c.site_pk, devices.c.pk)
    )
    rows = connection.execute(query).all()
    changes: dict[int, list[dict[str, Any]]] = {row.device_pk: [] for row in rows}
    column = health_changes.c
    newest_first = select(health_changes).where(column.device_pk.in_(changes))
    for change in connection.execute(newest_first.order_by(column.pk.desc())):
        changes[change.device_pk].append(
            {
                "at": rfc3339_whole(change.at),
                "what": change.what,
                "before": change.before,
                "after": change.after,
            }
        )
    shown = _attesters(connection, list(changes))
    return [
        {
            "site": sites[row.site_pk],
            "device": row.device,
            "sent_at": rfc3339_whole(row.sent_at),
            "received_at": rfc3339_whole(row.received_at),
            "clock_offset_s": (row.sent_at - row.received_at).total_seconds(),
            "health": health_in(row.envelope),
            "envelope": row.envelope,
            "changes": changes[row.device_pk],
            "attestation": _attestation(shown.get(row.device_pk)),
        }
        for row in rows
    ]


def _attesters(connection: Connection, theirs: Any) -> dict[int, Row[Any]]:
    """By device, those of which a TPM is enrolled."""
    column = attesters.c
    query = select(attesters).where(column.device_pk.in_(theirs), column.name.is_not(None))
    return {row.device_pk: row for row in connection.execute(query)}


def _attestation(row: Row[Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "status": row.status or "none",
        "reason": row.finding,
        "at": rfc3339_whole(row.at) if row.at else None,
        "until": rfc3339_whole(row.until) if row.until else None,
        "good_until": rfc3339_whole(row.counts_until) if row.counts_until else None,
        "claims": row.claims or {},
    }


def _devices(connection: Connection, sites: dict[int, str]) -> list[tuple[int, Device]]:
    here = devices.c.site_pk.in_(sites) & devices.c.revoked_at.is_(None)
    theirs = select(devices.c.pk).where(here)
    query = (
        select(
            devices,
            device_health.c.sent_at,
            device_health.c.received_at,
            device_health.c.envelope,
        )
        .join(device_health, device_health.c.device_pk == devices.c.pk, isouter=True)
        .where(here)
        .order_by(devices.c.pk)
    )
    contradicted = select(checkpoints.c.device_pk, func.count()).where(
        checkpoints.c.device_pk.in_(theirs), CONTRADICTED
    )
    doubted = {pk for pk, _ in connection.execute(contradicted.group_by(checkpoints.c.device_pk))}
    missing = {
        pk: sum(gap["missing"] - gap["declared"] for gap in found if gap["missing"] > 0)
        for pk, found in gaps_of(connection, theirs).items()
    }
    shown = _attesters(connection, theirs)
    return [
        (
            row.site_pk,
            Device(
                name=row.device,
                enrolled_at=row.enrolled_at,
                last_seen_at=row.last_seen_at,
                missing=max(0, missing.get(row.pk, 0)),
                contradicted=row.pk in doubted,
                sent_at=row.sent_at,
                received_at=row.received_at,
                said=health_in(row.envelope) if row.envelope else None,
                standing=standing_of(shown[row.pk]) if row.pk in shown else None,
            ),
        )
        for row in connection.execute(query)
    ]


def _site(
    name: str, label: str, found: list[Device], now: datetime, for_viewer: bool
) -> SiteHealth:
    problems = [problem for device in found for problem in problems_of(device, now)]
    if for_viewer:
        codes = {one.code for one in problems if one.code in FOR_VIEWERS}
        problems = [Problem(code) for code in codes]
    problems.sort(key=lambda one: (-SEVERITY[one.code], one.code, one.device, one.what))
    seen = [device.last_seen_at for device in found if device.last_seen_at is not None]
    versions = {device.said["version"] for device in found if device.said}
    return SiteHealth(
        name,
        label,
        len(found),
        max(seen, default=None),
        tuple(sorted(versions)),
        tuple(problems),
    )


def _urgency(site: SiteHealth) -> tuple[int, int, str]:
    worst = [SEVERITY[one.code] for one in site.problems]
    return -max(worst, default=0), -len(worst), site.site
