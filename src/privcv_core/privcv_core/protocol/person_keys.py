# SPDX-License-Identifier: Apache-2.0
"""Key files of people who authorize: Ed25519 in PEM (PKCS #8), with a passphrase or without."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privcv_core.errors import KeyFileError
from privcv_core.files.atomic_file import write_new
from privcv_core.files.secret_file import read_secret
from privcv_core.protocol.signing import SigningKey


def create_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """Make a key and write it to ``path`` (PEM, PKCS #8, readable by its owner only).

    Raises ``FileWriteError``, also where the file exists already.
    """
    key = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )
    write_new(path, content, mode=0o600)
    return SigningKey("Ed25519", key.private_bytes_raw())


def load_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """Read a private key that ``create_key`` or ``openssl genpkey -algorithm ed25519`` wrote.

    Raises ``KeyFileError``, also where others can read the file.
    """
    content = read_secret(path)
    secret = passphrase.encode() if passphrase else None
    try:
        key = serialization.load_pem_private_key(content, secret)
    except TypeError as error:
        raise KeyFileError(f"{path}: the key has a passphrase, or none: {error}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: is not a private key, or the passphrase is wrong") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: is not an Ed25519 key")
    return SigningKey("Ed25519", key.private_bytes_raw())
