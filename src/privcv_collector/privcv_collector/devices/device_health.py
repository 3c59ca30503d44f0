# SPDX-License-Identifier: Apache-2.0
"""Health of devices: the newest report of each as it was signed, and its changes of state.

A report that is not newer than the one that is kept changes nothing: nobody makes a device look
well by what it said last year.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from privcv_collector.device_bodies import HealthAnswer
from privcv_collector.devices.enrolment import lock_device
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.refused import Refused
from privcv_collector.storage.health_tables import device_health, health_changes
from privcv_collector.storage.tables import devices
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.device_health import MOST_BYTES, DeviceHealth
from privcv_core.protocol.envelope import Envelope, frame

KEPT = 200
"""Changes kept of a device."""

FULL_PERCENT = 90
"""From this on a disk is said to be filling."""

NONE = "none"
"""The state of what a report does not name."""


def store_device_health(
    connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
) -> HealthAnswer:
    """Keep a report whose schema was checked, if it is the newest. Raises ``Refused``."""
    said = _whole(envelope.body["health"])
    if len(canonical(envelope.body["health"])) > MOST_BYTES:
        words = f"a report of health has at most {MOST_BYTES} bytes"
        raise Refused(413, "too_large", words, device=envelope.device)
    lock_device(connection, signer, envelope.device, now)
    mine = device_health.c.device_pk == signer.device_pk
    before = connection.execute(select(device_health).where(mine)).first()
    duplicate = before is not None and envelope.sent_at <= before.sent_at
    if not duplicate:
        row = {"sent_at": envelope.sent_at, "received_at": now, "envelope": raw.decode()}
        if before is None:
            new = insert(device_health).values(device_pk=signer.device_pk, **row)
            connection.execute(new)
        else:
            connection.execute(update(device_health).where(mine).values(row))
            _note_changes(connection, signer.device_pk, health_in(before.envelope), said, now)
    last = select(devices.c.last_release).where(devices.c.pk == signer.device_pk)
    return HealthAnswer(
        duplicate=duplicate, last_release=int(connection.execute(last).scalar_one())
    )


def health_in(envelope: str) -> dict[str, Any]:
    """What a kept envelope says, which was checked when it came; what it leaves out is there."""
    return _whole(frame(envelope.encode()).body["health"])


def _whole(said: Mapping[str, Any]) -> dict[str, Any]:
    return DeviceHealth.model_validate(said).content()


def states_of(said: Mapping[str, Any]) -> dict[str, str]:
    """The states in a report, each with a name: what a change is told of."""
    budget, requests, breaches = said["budget"], said["requests"], said["breaches"]
    return {
        "version": said["version"],
        "delivery": said["delivery"],
        "audit_log": said["audit_log"],
        "disk": "filling" if said["disk_used_percent"] >= FULL_PERCENT else "ok",
        "budget": "unknown" if budget is None else "spent" if budget["exhausted"] else "ok",
        "requests": "overdue" if requests["overdue"] else "open" if requests["open"] else NONE,
        "breaches": "to_tell" if breaches["to_tell"] else "open" if breaches["open"] else NONE,
        **{f"part {name}": state for name, state in said["parts"].items()},
        **{f"authorization {one['camera']}": one["state"] for one in said["authorizations"]},
        **{f"check {one['what']}": "found" if one["found"] else "ok" for one in said["checked"]},
    }


def _note_changes(
    connection: Connection,
    device_pk: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    was, now_is = states_of(before), states_of(after)
    rows = [
        {
            "device_pk": device_pk,
            "at": now,
            "what": what,
            "before": was.get(what, NONE),
            "after": now_is.get(what, NONE),
        }
        for what in {**was, **now_is}
        if was.get(what, NONE) != now_is.get(what, NONE)
    ]
    if not rows:
        return
    connection.execute(insert(health_changes), rows)
    column = health_changes.c
    mine = column.device_pk == device_pk
    kept = select(column.pk).where(mine).order_by(column.pk.desc()).limit(KEPT)
    connection.execute(delete(health_changes).where(mine, column.pk.not_in(kept.scalar_subquery())))
