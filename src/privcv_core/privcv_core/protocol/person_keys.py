# SPDX-License-Identifier: Apache-2.0
"""Ed25519 keys of people who authorize and of devices that sign: files and text forms."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privcv_core.errors import PrivcvError
from privcv_core.protocol import base64url


class KeyFileError(PrivcvError):
    """A key file cannot be read or written, or does not hold an Ed25519 key."""


@dataclass(frozen=True)
class PrivateKey:
    """An Ed25519 private key; its ``repr`` shows the public half only."""

    public: str
    """The public key: 32 bytes, base64url without padding."""
    _key: Ed25519PrivateKey = field(repr=False)

    alg = "Ed25519"

    @property
    def key_id(self) -> str:
        """16 hexadecimal digits that tell keys apart."""
        return key_id(self.public)

    def sign(self, message: bytes) -> str:
        """Signature of ``message``, base64url without padding."""
        return base64url.encode(self._key.sign(message))


def create_key(path: Path, passphrase: str | None = None) -> PrivateKey:
    """Make a key and write it to ``path`` (PEM, PKCS #8, readable by its owner only).

    Raises ``KeyFileError`` where the file exists already.
    """
    key = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be created: {error.strerror}") from error
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return _with_public(key)


def load_key(path: Path, passphrase: str | None = None) -> PrivateKey:
    """Read a private key that ``create_key`` or ``openssl genpkey -algorithm ed25519`` wrote."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    secret = passphrase.encode() if passphrase else None
    try:
        key = serialization.load_pem_private_key(content, secret)
    except TypeError as error:
        raise KeyFileError(f"{path}: the key has a passphrase, or none: {error}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: is not a private key, or the passphrase is wrong") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: is not an Ed25519 key")
    return _with_public(key)


def is_public_key(text: str) -> bool:
    """Whether ``text`` is 32 bytes in base64url without padding."""
    try:
        return len(base64url.decode(text)) == 32
    except ValueError:
        return False


def key_id(public: str) -> str:
    """16 hexadecimal digits of a public key, as the uplink computes them."""
    return hashlib.sha256(base64url.decode(public)).hexdigest()[:16]


def verify_signature(public: str, signature: str, message: bytes) -> bool:
    """Whether the owner of ``public`` signed ``message``; False for anything malformed."""
    try:
        Ed25519PublicKey.from_public_bytes(base64url.decode(public)).verify(
            base64url.decode(signature), message
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def _with_public(key: Ed25519PrivateKey) -> PrivateKey:
    return PrivateKey(base64url.encode(key.public_key().public_bytes_raw()), key)
