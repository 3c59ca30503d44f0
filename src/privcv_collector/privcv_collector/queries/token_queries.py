# SPDX-License-Identifier: Apache-2.0
"""Lists of administrators: tokens, never the secret of one, and who did what."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, select

from privcv_collector.clock import is_over, now_utc
from privcv_collector.devices.actions import token_id
from privcv_collector.devices.administration import covers
from privcv_collector.storage.tables import (
    access_tokens,
    admin_actions,
    devices,
    enrolment_tokens,
    sites,
)
from privcv_core.protocol.timestamps import rfc3339_whole


def list_access_tokens(
    connection: Connection, within: Collection[str], site: str | None = None, active: bool = False
) -> list[dict[str, Any]]:
    """Access tokens for sites ``within`` (none: all), oldest first; ``active`` ones only if asked.

    With ``site``, those that are good there: a token for every site is.
    """
    table = access_tokens.c
    found = connection.execute(select(access_tokens).order_by(table.created_at, table.digest))
    rows = [
        {
            "id": token_id(row.digest),
            "name": row.name,
            "role": row.role,
            "sites": row.sites,
            "places": row.places,
            "state": _state(row, used=False),
            "created_at": _time(row.created_at),
            "expires_at": _time(row.expires_at),
            "revoked_at": _time(row.revoked_at),
            "issued_by": row.issued_by,
        }
        for row in found
        if covers(within, row.sites) and (site is None or not row.sites or site in row.sites)
    ]
    return [row for row in rows if row["state"] == "active" or not active]


def list_enrolment_tokens(
    connection: Connection, within: Collection[str], site: str | None = None, active: bool = False
) -> list[dict[str, Any]]:
    """Enrolment tokens of sites ``within`` (none: all), oldest first; unused ones only if asked."""
    table = enrolment_tokens.c
    query = (
        select(enrolment_tokens, sites.c.name.label("site"), devices.c.device.label("used_by"))
        .join(sites, sites.c.pk == table.site_pk)
        .outerjoin(devices, devices.c.pk == table.device_pk)
        .order_by(table.created_at, table.digest)
    )
    rows = [
        {
            "id": token_id(row.digest),
            "site": row.site,
            "state": _state(row, used=row.used_at is not None),
            "device": row.used_by or row.device,
            "created_at": _time(row.created_at),
            "expires_at": _time(row.expires_at),
            "used_at": _time(row.used_at),
            "revoked_at": _time(row.revoked_at),
            "issued_by": row.issued_by,
        }
        for row in connection.execute(query)
        if covers(within, [row.site]) and site in (None, row.site)
    ]
    return [row for row in rows if row["state"] == "active" or not active]


def list_actions(
    connection: Connection, within: Collection[str], limit: int, before: int | None = None
) -> list[dict[str, Any]]:
    """What administrators did for sites ``within`` (none: all), newest first."""
    query = select(admin_actions).order_by(admin_actions.c.pk.desc())
    if before is not None:
        query = query.where(admin_actions.c.pk < before)

    def rows() -> Iterator[dict[str, Any]]:
        for row in connection.execute(query.execution_options(yield_per=500)):
            if covers(within, row.sites):
                yield {
                    "number": row.pk,
                    "at": _time(row.at),
                    "actor_id": row.actor_id,
                    "actor": row.actor,
                    "action": row.action,
                    "target": row.target,
                    "sites": row.sites,
                }

    return [row for _, row in zip(range(limit), rows(), strict=False)]


def _state(row: Any, used: bool) -> str:
    if used:
        return "used"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if is_over(row.expires_at, now_utc()) else "active"


def _time(value: Any) -> str | None:
    return None if value is None else rfc3339_whole(value)
