# SPDX-License-Identifier: Apache-2.0
"""Keys for encryption at rest (AES-256-GCM): where they come from, and which a process uses.

A key file holds one key a line, the newest first, as base64url of 32 random bytes; lines that begin
with ``#`` are notes. What is written is sealed with the newest; what an older one sealed is opened
with that. A key is named by the first bytes of a digest of it. Texts and pages of databases have
keys of their own, derived from it (HKDF).

A process has at most one set of keys: the device's. Its site names it (``at_rest_key``), as a file
that only its owner can read or as ``credential``: the systemd credential ``at-rest-key``, which may
be bound to a TPM (``systemd-creds encrypt --with-key=tpm2``). Other places are a row in
``_SOURCES``.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privcv_core.errors import KeyFileError
from privcv_core.files.secret_file import credential, read_secret_text
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError

KEY_BYTES = 32
ID_BYTES = 4
CREDENTIAL = "credential"
"""As a source: the systemd credential ``at-rest-key``."""
CREDENTIAL_NAME = "at-rest-key"
VARIABLE = "PRIVCV_AT_REST_KEY"
"""Environment variable: names the key file for commands that are given no site file, and instead
of it."""

_HINT = "make one with 'privcv at-rest key FILE'"


@dataclass(frozen=True)
class Key:
    """One key, ``KEY_BYTES`` long."""

    secret: bytes

    @cached_property
    def id(self) -> bytes:
        """Its name in what it sealed, ``ID_BYTES`` long."""
        return hashlib.sha256(b"privcv at rest\0" + self.secret).digest()[:ID_BYTES]

    def derive(self, purpose: str) -> bytes:
        """The 256-bit key for one purpose, by HKDF-SHA256."""
        return HKDF(SHA256(), KEY_BYTES, None, f"privcv at rest {purpose}".encode()).derive(
            self.secret
        )

    def __repr__(self) -> str:
        return f"Key({self.id.hex()})"


@dataclass(frozen=True)
class Keyring:
    """The keys of one device, newest first. ``name``: where they came from, for people."""

    keys: tuple[Key, ...]
    name: str

    @property
    def newest(self) -> Key:
        """The key to seal with."""
        return self.keys[0]

    def find(self, id: bytes) -> Key | None:
        """The key of this id."""
        return next((key for key in self.keys if key.id == id), None)

    def text(self) -> str:
        """The content of a key file."""
        return "".join(f"{base64url.encode(key.secret)}\n" for key in self.keys)


def new_key() -> Key:
    """A random key."""
    return Key(secrets.token_bytes(KEY_BYTES))


def read_keys(source: Path | str) -> Keyring:
    """The keys of a file, or of what ``source`` names. Raises ``KeyFileError`` with the fix."""
    path = _SOURCES.get(str(source), lambda: Path(source))()
    try:
        os.stat(path)
    except FileNotFoundError as error:
        raise KeyFileError(f"{path}: cannot be read: No such file or directory; {_HINT}") from error
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    return _parse(path, read_secret_text(path).splitlines())


def _parse(path: Path, lines: Sequence[str]) -> Keyring:
    keys = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            try:
                secret = base64url.decode(line.strip())
            except (EnvelopeError, ValueError) as error:
                raise KeyFileError(f"{path}:{number}: is not a key; {_HINT}") from error
            if len(secret) != KEY_BYTES:
                raise KeyFileError(f"{path}:{number}: is not a key of {KEY_BYTES} bytes; {_HINT}")
            keys.append(Key(secret))
    if not keys:
        raise KeyFileError(f"{path}: holds no key; {_HINT}")
    return Keyring(tuple(keys), str(path))


def _credential() -> Path:
    path = credential(CREDENTIAL_NAME)
    if path is None:
        raise KeyFileError(
            f"at_rest_key: this process has no systemd credential '{CREDENTIAL_NAME}': give its "
            f"unit LoadCredentialEncrypted={CREDENTIAL_NAME}:FILE; a command finds the key by "
            f"{VARIABLE}=FILE"
        )
    return path


_SOURCES: Mapping[str, Callable[[], Path]] = {CREDENTIAL: _credential}


class _InUse:
    """The device's keys, read when they are first needed."""

    source: Path | str | None = None
    keys: Keyring | None = None


def name_keys(source: Path | str | None) -> None:
    """Say where the keys of this process are; None: it seals nothing. They are read when needed."""
    _InUse.source, _InUse.keys = source, None


def keys_in_use() -> Keyring | None:
    """The keys of this process; None where nothing is to be sealed. Raises ``KeyFileError``."""
    if _InUse.keys is None:
        source = os.environ.get(VARIABLE) or _InUse.source
        _InUse.keys = read_keys(source) if source else None
    return _InUse.keys


@contextmanager
def without_keys() -> Iterator[None]:
    """For the length of a block this process seals nothing, whatever is named."""
    named = os.environ.pop(VARIABLE, None), _InUse.source
    name_keys(None)
    try:
        yield
    finally:
        name_keys(named[1])
        if named[0] is not None:
            os.environ[VARIABLE] = named[0]


def keys_for(what: str, id: bytes) -> Key:
    """The key that sealed ``what``. Raises ``KeyFileError`` where this process has none of it."""
    ring = keys_in_use()
    if ring is None:
        raise KeyFileError(
            f"{what}: is encrypted with key {id.hex()}: name the key file (at_rest_key in the site "
            f"file, or {VARIABLE}=FILE)"
        )
    key = ring.find(id)
    if key is None:
        have = ", ".join(key.id.hex() for key in ring.keys)
        raise KeyFileError(
            f"{what}: is encrypted with key {id.hex()}, and {ring.name} has {have}: name the file "
            "with that key; nothing was changed"
        )
    return key
