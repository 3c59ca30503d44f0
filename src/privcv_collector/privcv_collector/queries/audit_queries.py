# SPDX-License-Identifier: Apache-2.0
"""What auditors and administrators see: devices and their gaps, refusals, checkpoints."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from privcv_collector.device_bodies import verdict_in_words
from privcv_collector.queries.envelope_pages import envelope_pages
from privcv_collector.storage.tables import (
    checkpoints,
    device_keys,
    devices,
    gaps,
    refusals,
    releases,
)
from privcv_core.protocol.timestamps import rfc3339_whole


def list_devices(connection: Connection, sites: dict[int, str]) -> list[dict[str, Any]]:
    """All devices of some sites, with their keys' ids and their gaps: in three queries."""
    here = devices.c.site_pk.in_(sites)
    found = connection.execute(select(devices).where(here).order_by(devices.c.device))
    theirs = select(devices.c.pk).where(here)
    keys, missing = _keys(connection, theirs), gaps_of(connection, theirs)
    return [
        {
            "device": row.device,
            "site": sites[row.site_pk],
            "enrolled_at": _time(row.enrolled_at),
            "revoked_at": _time(row.revoked_at),
            "last_seen_at": _time(row.last_seen_at),
            "next_sequence": row.last_batch + 1,
            "last_release": row.last_release,
            "dropped": row.dropped,
            "keys": keys[row.pk],
            "gaps": missing[row.pk],
        }
        for row in found.all()
    ]


def list_checkpoints(
    connection: Connection,
    sites: dict[int, str],
    device: str | None,
    limit: int,
    before: int | None,
) -> list[dict[str, Any]]:
    """The newest checkpoints of some sites."""
    query = (
        select(checkpoints, devices.c.device, devices.c.site_pk)
        .join(devices, devices.c.pk == checkpoints.c.device_pk)
        .where(devices.c.site_pk.in_(sites))
        .order_by(checkpoints.c.pk.desc())
        .limit(limit)
    )
    if device is not None:
        query = query.where(devices.c.device == device)
    if before is not None:
        query = query.where(checkpoints.c.pk < before)
    return [
        {
            "number": row.pk,
            "site": sites[row.site_pk],
            "device": row.device,
            "verdict": verdict_in_words(row.verdict),
            "sent_at": _time(row.sent_at),
            "received_at": _time(row.received_at),
            "envelope": row.envelope,
        }
        for row in connection.execute(query)
    ]


def checkpoint_pages(
    engine: Engine, sites: dict[int, str], device: str, size: int
) -> Iterator[list[str]]:
    """The signed envelopes of a device's checkpoints, in the order of their arrival."""
    return envelope_pages(engine, sites, device, size, checkpoints.c.pk)


def list_refusals(
    connection: Connection, sites: dict[int, str] | None, limit: int, before: int | None
) -> list[dict[str, Any]]:
    """The newest refusals; those of the devices of some sites, or with ``None`` all."""
    query = select(refusals).order_by(refusals.c.pk.desc()).limit(limit)
    if sites is not None:
        theirs = select(devices.c.device).where(devices.c.site_pk.in_(sites))
        query = query.where(refusals.c.device.in_(theirs))
    if before is not None:
        query = query.where(refusals.c.pk < before)
    return [
        {
            "number": row.pk,
            "at": _time(row.at),
            "error": row.error,
            "message": row.message,
            "path": row.path,
            "device": row.device,
            "peer": row.peer,
            "times": row.times,
        }
        for row in connection.execute(query)
    ]


_ByDevice = dict[int, list[dict[str, Any]]]


def _keys(connection: Connection, pks: Any) -> _ByDevice:
    query = select(device_keys).where(device_keys.c.device_pk.in_(pks)).order_by(device_keys.c.pk)
    keys: _ByDevice = defaultdict(list)
    for row in connection.execute(query):
        keys[row.device_pk].append(
            {
                "key_id": row.key_id,
                "alg": row.alg,
                # What verifies the device's checkpoints; of HMAC it is the secret itself.
                "public": row.key if row.alg == "Ed25519" else None,
                "added_at": _time(row.added_at),
                "expires_at": _time(row.expires_at),
            }
        )
    return keys


def gaps_of(connection: Connection, pks: Any) -> _ByDevice:
    """Gaps, less what arrived late after all."""
    late = (
        select(func.count())
        .select_from(releases)
        .where(
            releases.c.device_pk == gaps.c.device_pk,
            releases.c.release.between(gaps.c.first_release, gaps.c.last_release),
        )
        .scalar_subquery()
    )
    query = select(gaps, late.label("late")).where(gaps.c.device_pk.in_(pks))
    missing: _ByDevice = defaultdict(list)
    for row in connection.execute(query.order_by(gaps.c.device_pk, gaps.c.first_release)):
        number = row.last_release - row.first_release + 1 - row.late
        if number > 0:
            missing[row.device_pk].append(
                {
                    "first_release": row.first_release,
                    "last_release": row.last_release,
                    "missing": number,
                    "declared": row.declared,
                    "found_at": _time(row.found_at),
                }
            )
    return missing


def _time(value: Any) -> str | None:
    return None if value is None else rfc3339_whole(value)
