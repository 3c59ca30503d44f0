# SPDX-License-Identifier: Apache-2.0
"""The device's identity and signing keys: one file that only its owner can read.

The newest key signs. Older ones stay for a while so that the uplink can hand over to a new key: it
signs the new one with the last key that the collector knows.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_core.protocol.envelope import format_time, parse_time
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import Algorithm, SigningKey
from privcv_uplink.errors import KeyFileError
from privcv_uplink.secret_files import read_secret

KEYS_KEPT = 4


@dataclass(frozen=True)
class StoredKey:
    """A key and when it was made."""

    key: SigningKey
    created_at: datetime


@dataclass(frozen=True)
class DeviceKeys:
    """Who this device is (a random value, not hardware) and its keys, newest first."""

    device: str
    keys: tuple[StoredKey, ...]

    @property
    def newest(self) -> SigningKey:
        """The key to sign with."""
        return self.keys[0].key


def new(path: Path, alg: Algorithm = "Ed25519") -> DeviceKeys:
    """Make a device id and its first key; refuses to replace a file."""
    if path.exists():
        raise KeyFileError(f"{path}: exists already; 'privcv keys rotate' adds a key to it")
    device = DeviceKeys(secrets.token_hex(16), (_make(alg),))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, device)
    return device


def rotate(path: Path, alg: Algorithm | None = None) -> DeviceKeys:
    """Add a key that signs from now on; the collector learns it at the next delivery."""
    before = read(path)
    added = _make(alg or before.newest.alg)
    after = DeviceKeys(before.device, (added, *before.keys)[:KEYS_KEPT])
    _write(path, after)
    return after


def read(path: Path) -> DeviceKeys:
    """Read a key file; raises ``KeyFileError``, also where others could read it."""
    try:
        content = json.loads(read_secret(path))
    except OSError as error:
        hint = "; make one with 'privcv keys new'" if isinstance(error, FileNotFoundError) else ""
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}{hint}") from error
    except (ValueError, RecursionError) as error:
        raise KeyFileError(f"{path}: is not a key file: {error}") from error
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError, EnvelopeError) as error:
        raise KeyFileError(f"{path}: is not a key file of version 1: {error}") from error


def _make(alg: Algorithm) -> StoredKey:
    return StoredKey(SigningKey.generate(alg), datetime.now(timezone.utc).replace(microsecond=0))


def _parse(content: Any) -> DeviceKeys:
    device = content["device"]
    if content["v"] != 1 or len(bytes.fromhex(device)) != 16 or device != device.lower():
        raise ValueError("device or version")
    keys = tuple(
        StoredKey(
            SigningKey(item["alg"], SigningKey.decode(item["secret"])),
            parse_time(item["created_at"]),
        )
        for item in content["keys"]
    )
    if not keys:
        raise ValueError("holds no key")
    return DeviceKeys(device, keys)


def _write(path: Path, device: DeviceKeys) -> None:
    content = {
        "device": device.device,
        "keys": [
            {
                "alg": stored.key.alg,
                "created_at": format_time(stored.created_at),
                "secret": SigningKey.encode(stored.key.secret),
            }
            for stored in device.keys
        ],
        "v": 1,
    }
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
