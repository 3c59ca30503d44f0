# SPDX-License-Identifier: Apache-2.0
"""Enrolment of this device at the collector, and rotation to a new key."""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from privcv_core.errors import KeyFileError
from privcv_core.files.secret_file import read_secret_text
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.enrolment import seal_enrolment
from privcv_core.protocol.envelope import seal
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.device_keys import DeviceKeys
from privcv_uplink.delivery.outcome import Outcome, Verdict
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Reply, Transport

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"enrol-[A-Za-z0-9_-]{43}")
"""As the collector makes them: 32 random bytes as base64url."""


class DeviceIdentity:
    """The device's id and keys, and what a collector that does not know them is told."""

    def __init__(
        self, settings: UplinkSettings, transport: Transport, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._stamp: tuple[int, int, int] | None = None
        self._keys: DeviceKeys | None = None

    def keys(self) -> DeviceKeys:
        """The key file, read again when it changes, so that a rotation needs no restart.

        Raises ``KeyFileError``.
        """
        path = self._settings.key_file
        try:
            status = path.stat()
        except OSError as error:
            raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
        stamp = (status.st_mtime_ns, status.st_ino, status.st_mode)
        if self._keys is None or stamp != self._stamp:
            self._keys, self._stamp = device_keys.read(path), stamp
        return self._keys

    async def settle(self, reply: Reply, device: DeviceKeys) -> Outcome:
        """Answer a 401 of the collector: enrol, introduce a new key, or say what has to be done.

        Raises ``TransportError``.
        """
        if reply.error == "unknown_device" and self._settings.enrolment_token_file is not None:
            return await self._enrol(self._settings.enrolment_token_file, device)
        if reply.error == "unknown_key" and await self._hand_over(device):
            return Outcome(Verdict.AT_ONCE, "the collector learned the new key")
        words = {
            "unknown_device": "the collector does not know this device: enrol it",
            "unknown_key": "the collector does not know this device's key",
            "weak_key": "the collector refuses this device's key: make a new one",
            "revoked": "this device was revoked",
            "bad_signature": "the collector finds the signature wrong",
        }.get(reply.error, reply.in_words)
        return Outcome(Verdict.BLOCKED, words)

    async def _enrol(self, token_file: Path, device: DeviceKeys) -> Outcome:
        try:
            token = _token(token_file)
        except KeyFileError as error:
            logger.error("%s", error)
            return Outcome(Verdict.BLOCKED, "the enrolment token cannot be used, see the log")
        # The newest key is introduced by this one, once the collector knows it.
        key = device.first or device.newest
        content = seal_enrolment(key, device.device, token, self._clock())
        reply = await self._transport.post("devices", content, device.device, 0)
        if reply.status in (200, 201) and reply.content.get("device") == device.device:
            logger.info("enrolled as device %s", device.device)
            return Outcome(Verdict.AT_ONCE)
        if reply.status in (401, 409) and reply.error:
            if reply.error == "unproven":
                logger.error(
                    "the id of this device is not that of a key that it has (made by 0.1.0, or its "
                    "first key was lost): put the token that 'privcv collector enrol --site SITE "
                    "--device %s' prints at the collector into %s; it is tried again by itself",
                    device.device, token_file,
                )  # fmt: skip
                return Outcome(Verdict.BLOCKED, f"needs a token for device {device.device}")
            return Outcome(Verdict.BLOCKED, f"enrolment refused: {reply.error}")
        return Outcome(Verdict.LATER, f"enrolment: {reply.in_words}", reply.retry_after_s)

    async def _hand_over(self, device: DeviceKeys) -> bool:
        """Introduce the newest key with the last one that the collector knows."""
        new = device.newest
        body = {"rotate": {"alg": new.alg, "key": new.public, "key_id": new.key_id}}
        for stored in device.keys[1:]:
            envelope = seal(stored.key, device.device, 0, self._clock(), canonical(body))
            reply = await self._transport.post("keys", envelope, device.device, 0)
            if reply.status == 200 and reply.content.get("key_id") == new.key_id:
                logger.info("key %s took over from %s", new.key_id, stored.key.key_id)
                return True
        return False


def _token(path: Path) -> str:
    """The token in a file. Raises ``KeyFileError`` for anything else, such as a key: it stays."""
    token = read_secret_text(path).strip()
    if not _TOKEN.fullmatch(token):
        raise KeyFileError(
            f"{path}: holds no enrolment token, and is not sent: a token looks like enrol-… and is "
            "made with 'privcv collector enrol'"
        )
    return token
