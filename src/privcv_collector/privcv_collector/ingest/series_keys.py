# SPDX-License-Identifier: Apache-2.0
"""Primary keys of series (device, camera, zone), cached so that a batch need not look them up."""

from sqlalchemy import Connection, insert, select

from privcv_collector.refused import Refused
from privcv_collector.storage.tables import series

MOST_SERIES = 4096
"""Zones one device may ever report: far more than a site has, far fewer than an attack needs."""

_MOST_DEVICES = 10_000

Place = tuple[str, str]
"""Camera and zone."""


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
