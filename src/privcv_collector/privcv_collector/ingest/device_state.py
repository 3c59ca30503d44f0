# SPDX-License-Identifier: Apache-2.0
"""What a transaction knows of the devices of its batches: their rows, locked until the commit.

Rows are locked in the order of their keys, so that two processes never wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from privcv_collector.ingest.batch import Batch
from privcv_collector.ingest.series_keys import SeriesKeys
from privcv_collector.refused import Replaced
from privcv_collector.storage.tables import batches, device_keys, devices, releases


@dataclass
class DeviceState:
    """One device; kept in step with what the transaction is about to insert."""

    pk: int
    revoked: bool
    last_batch: int
    last_release: int
    dropped: int
    dropped_unused: int
    keys: dict[int, datetime | None] = field(default_factory=dict)
    """Key of ``device_keys`` -> when it expires."""
    stored: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    """Batch -> digest of its body, releases accepted; those that this group may repeat."""
    releases: dict[int, bytes] = field(default_factory=dict)
    """Release -> digest; those that this group may meet again."""
    touched: bool = False


def lock_devices(
    connection: Connection, group: Sequence[Batch], series: SeriesKeys
) -> dict[int, DeviceState]:
    """Lock the devices of a group of batches; by their primary key.

    Raises ``Replaced`` where the database is not the one that keys and ``series`` were read from.
    """
    pks = sorted({batch.key.device_pk for batch in group})
    found = connection.execute(
        select(devices).where(devices.c.pk.in_(pks)).order_by(devices.c.pk).with_for_update()
    )
    rows = {row.pk: row for row in found}
    states = {
        row.pk: DeviceState(
            row.pk,
            row.revoked_at is not None,
            row.last_batch,
            row.last_release,
            row.dropped,
            row.dropped_unused,
        )
        for row in rows.values()
    }
    key_ids: dict[tuple[int, int], str] = {}
    for row in connection.execute(select(device_keys).where(device_keys.c.device_pk.in_(pks))):
        states[row.device_pk].keys[row.pk] = row.expires_at
        key_ids[row.device_pk, row.pk] = row.key_id
    for batch in group:
        key = batch.key
        mine, key_id = rows.get(key.device_pk), key_ids.get((key.device_pk, key.key_pk))
        if (
            mine is None
            or not key.owns(mine.device, mine.site_pk, key_id)
            or series.are_ahead_of(mine.pk, mine.last_batch)
        ):
            raise Replaced(batch.envelope.device)
    _load_stored(connection, group, states)
    return states


def update_devices(
    connection: Connection, touched: Sequence[DeviceState], seen_at: datetime
) -> None:
    """Write what changed of the ``touched`` devices, which were last seen at ``seen_at``."""
    if not touched:
        return
    connection.execute(
        update(devices).where(devices.c.pk == bindparam("this")),
        [
            {
                "this": device.pk,
                "last_batch": device.last_batch,
                "last_release": device.last_release,
                "dropped": device.dropped,
                "dropped_unused": device.dropped_unused,
                "last_seen_at": seen_at,
            }
            for device in touched
        ],
    )


def _load_stored(
    connection: Connection, group: Sequence[Batch], states: dict[int, DeviceState]
) -> None:
    """Read what this group may repeat: only where its numbers are not beyond the last ones."""
    repeated = []
    for batch in group:
        device = states[batch.key.device_pk]
        if batch.envelope.sequence <= device.last_batch:
            repeated.append(
                and_(batches.c.device_pk == device.pk, batches.c.batch == batch.envelope.sequence)
            )
        numbers = [release.sequence for release in batch.body.releases] if batch.body else []
        old = [number for number in numbers if number <= device.last_release]
        if old:
            rows = connection.execute(
                select(releases.c.release, releases.c.sha256).where(
                    releases.c.device_pk == device.pk, releases.c.release.in_(old)
                )
            )
            device.releases.update({row.release: row.sha256 for row in rows})
    if repeated:
        for row in connection.execute(select(batches).where(or_(*repeated))):
            states[row.device_pk].stored[row.batch] = (row.body_sha256, row.accepted)
