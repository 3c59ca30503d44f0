# SPDX-License-Identifier: Apache-2.0
"""The device's identity and signing keys: one file that only its owner can read.

The newest key signs. Older ones stay for a while so that the uplink can hand over to a new key: it
signs the new one with the last key that the collector knows.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_across.attestation.sealed_file import is_sealed, open_sealed, recover, seal_file
from privcv_across.attestation.tpm_device import Tpm, machine_tpm
from privcv_core.errors import KeyFileError
from privcv_core.files.atomic_file import write_atomically, write_new
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.folder import make_folder
from privcv_core.files.secret_file import read_secret
from privcv_core.protocol import base64url
from privcv_core.protocol.enrolment import device_id
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import Algorithm, SigningKey
from privcv_core.protocol.timestamps import parse_rfc3339_whole, rfc3339_whole

KEYS_KEPT = 4


@dataclass(frozen=True)
class StoredKey:
    """A key and when it was made."""

    key: SigningKey
    created_at: datetime


@dataclass(frozen=True)
class DeviceKeys:
    """Who this device is (a digest of its first key, not hardware) and its keys, newest first."""

    device: str
    keys: tuple[StoredKey, ...]

    @property
    def newest(self) -> SigningKey:
        """The key to sign with."""
        return self.keys[0].key

    @property
    def first(self) -> SigningKey | None:
        """The key that the device's id belongs to, by which alone it enrols; None: not kept.

        Ids that 0.1.0 made are random numbers and belong to no key.
        """
        for stored in self.keys:
            if device_id(stored.key.alg, stored.key.public) == self.device:
                return stored.key
        return None


def new(path: Path, alg: Algorithm = "Ed25519") -> DeviceKeys:
    """Make a device id and its first key; never replaces a file.

    Raises ``KeyFileError`` where there is one, and ``FileWriteError``.
    """
    if path.exists():
        raise KeyFileError(f"{path}: exists already; 'privcv keys rotate' adds a key to it")
    made = _make(alg)
    device = DeviceKeys(device_id(alg, made.key.public), (made,))
    try:
        make_folder(path.parent, 0o700)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
    write_new(path, _text(device), mode=0o600)
    return device


def rotate(path: Path, alg: Algorithm | None = None) -> DeviceKeys:
    """Add a key that signs from now on; the collector learns it at the next delivery.

    Raises ``KeyFileError`` and ``FileWriteError``; the keys before are then as they were.
    """
    if is_sealed(_json(path)):
        raise KeyFileError(f"{path}: is sealed; 'privcv keys unseal' it, rotate and seal it again")
    before = read(path)
    added = _make(alg or before.newest.alg)
    kept = (added, *before.keys)
    first = [stored for stored in kept[KEYS_KEPT:] if stored.key is before.first]
    after = DeviceKeys(before.device, (*kept[:KEYS_KEPT], *first))
    write_atomically(path, _text(after), mode=0o600)
    return after


def read(path: Path) -> DeviceKeys:
    """Read a key file, by the TPM where it is sealed.

    Raises ``KeyFileError``, also where others could read it, and ``TpmError``.
    """
    content = _json(path)
    if is_sealed(content):
        content = parse_json(_opened(content))
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError, EnvelopeError) as error:
        raise KeyFileError(f"{path}: is not a key file of version 1: {error}") from error


def seal(path: Path, tpm: Tpm, pcrs: tuple[int, ...]) -> str:
    """Let only this TPM open the key file, in the state that registers ``pcrs`` now tell; returns
    the recovery key. Raises ``KeyFileError``, ``TpmError`` and ``FileWriteError``; the file is
    then as it was."""
    if is_sealed(_json(path)):
        raise KeyFileError(f"{path}: is sealed already; 'privcv keys unseal' it before")
    sealed, recovery = seal_file(_text(read(path)).encode(), tpm, pcrs)
    opened = open_sealed(parse_json(sealed), tpm)
    if _parse(parse_json(opened)) != read(path):
        raise KeyFileError(f"{path}: was not sealed: the TPM gives out something else")
    write_atomically(path, sealed, mode=0o600)
    return recovery


def unseal(path: Path, recovery: str | None) -> None:
    """Undo ``seal``, by the TPM or, where it is given, by the recovery key. Raises as ``seal``."""
    content = _json(path)
    if not is_sealed(content):
        raise KeyFileError(f"{path}: is not sealed")
    opened = recover(content, recovery) if recovery else _opened(content)
    write_atomically(path, _text(_parse(parse_json(opened))), mode=0o600)


def _opened(content: Any) -> bytes:
    with machine_tpm() as tpm:
        return open_sealed(content, tpm)


def _json(path: Path) -> Any:
    try:
        hint = f"make one with 'privcv keys new --file {path}'"
        return parse_json(read_secret(path, if_missing=hint))
    except ValueError as error:
        raise KeyFileError(f"{path}: is not a key file: {error}") from error


def _make(alg: Algorithm) -> StoredKey:
    return StoredKey(SigningKey.generate(alg), datetime.now(timezone.utc).replace(microsecond=0))


def _parse(content: Any) -> DeviceKeys:
    device = content["device"]
    if content["v"] != 1 or not re.fullmatch(r"[0-9a-f]{32}", device):  # part of topics
        raise ValueError("device or version")
    keys = tuple(
        StoredKey(
            SigningKey(item["alg"], base64url.decode(item["secret"])),
            parse_rfc3339_whole(item["created_at"]),
        )
        for item in content["keys"]
    )
    if not keys:
        raise ValueError("holds no key")
    return DeviceKeys(device, keys)


def _text(device: DeviceKeys) -> str:
    content = {
        "device": device.device,
        "keys": [
            {
                "alg": stored.key.alg,
                "created_at": rfc3339_whole(stored.created_at),
                "secret": base64url.encode(stored.key.secret),
            }
            for stored in device.keys
        ],
        "v": 1,
    }
    return json.dumps(content, indent=1)
