# SPDX-License-Identifier: Apache-2.0
"""Cache of the keys of enrolled devices, for the check of a signature.

What is cached never changes: which bytes belong to a key id of a device. Whether that device or key
is still welcome is read from the database inside the transaction that stores, so revocation works
at once in every process.

What is cached names rows by their keys, and a database that was restored from a backup under a
running collector may have given these to other devices. So that transaction also compares whose row
it locked (``CachedKey.owns``), and where it is another's all that was cached is looked up anew.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from privcv_collector.clock import is_over
from privcv_collector.refused import revoked, unknown_device, unknown_key, weak_key
from privcv_collector.storage.tables import device_keys, devices
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import VerifyKey

_MOST = 10_000


@dataclass(frozen=True)
class CachedKey:
    """A key of a device, and the primary keys of its rows."""

    device: str
    device_pk: int
    site_pk: int
    key_pk: int
    key: VerifyKey

    def owns(self, device: str, site_pk: int, key_id: str | None) -> bool:
        """Whether the rows of ``device_pk`` and ``key_pk``, of which these are, are those meant."""
        return (self.device, self.site_pk, self.key.key_id) == (device, site_pk, key_id)


class KeyCache:
    """Least-recently-used cache of the latest ``_MOST`` keys, read from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mutex = threading.Lock()
        self._known: OrderedDict[tuple[str, str], CachedKey] = OrderedDict()

    def cached(self, envelope: Envelope) -> CachedKey | None:
        """The key of this envelope if it was looked up before; never waits."""
        key = (envelope.device, envelope.key_id)
        with self._mutex:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
        return found

    def clear(self) -> None:
        """Forget everything."""
        with self._mutex:
            self._known.clear()

    def find(self, envelope: Envelope, now: datetime) -> CachedKey:
        """The key of this envelope, from the database; raises ``Refused`` (401)."""
        found = self._look_up(envelope, now)
        with self._mutex:
            self._known[envelope.device, envelope.key_id] = found
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found

    def _look_up(self, envelope: Envelope, now: datetime) -> CachedKey:
        with self._engine.connect() as connection:
            device = connection.execute(
                select(devices.c.pk, devices.c.site_pk, devices.c.revoked_at).where(
                    devices.c.device == envelope.device
                )
            ).first()
            if device is None:
                raise unknown_device(envelope.device)
            if device.revoked_at is not None:
                raise revoked(envelope.device)
            key = connection.execute(
                select(device_keys).where(
                    device_keys.c.device_pk == device.pk, device_keys.c.key_id == envelope.key_id
                )
            ).first()
            if key is None or is_over(key.expires_at, now):
                raise unknown_key(envelope.device)
        try:
            verifying = VerifyKey.load(key.alg, key.key)
        except EnvelopeError as error:  # enrolled before such keys were refused
            raise weak_key(envelope.device, str(error)) from error
        return CachedKey(envelope.device, device.pk, device.site_pk, key.pk, verifying)
