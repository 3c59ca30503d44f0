# SPDX-License-Identifier: Apache-2.0
"""Custody: the secret part of a P3 picture, sealed for a custodian who alone can open it.

HPKE (RFC 9180), bound to the bytes of the public picture that it belongs to. The file beside the
picture, ``NAME.p3``, is a line that says what it is, the encapsulated key, and the rest.
"""

import hashlib
from pathlib import Path

from privcv_across.errors import AcrossError
from privcv_across.messages.basic import HpkeCiphertext
from privcv_across.sealing.hpke import KEY_SIZE, HpkeConfig, HpkeKey
from privcv_core.errors import KeyFileError
from privcv_core.files.atomic_file import write_new
from privcv_core.files.secret_file import read_secret_text
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_images.errors import ImagesError

HEAD = b"privcv p3 v1\n"
INFO = b"privcv p3 v1"
ONLY_KEY = 0


def create_custodian_key(path: Path) -> str:
    """Make a private key in the new file ``path``; returns its public half, for the settings.

    Raises ``FileWriteError``.
    """
    key = HpkeKey.generate(ONLY_KEY)
    write_new(path, base64url.encode(key.secret) + "\n", mode=0o600)
    return base64url.encode(key.config.public_key)


def load_custodian_key(path: Path) -> HpkeKey:
    """Read it again. Raises ``KeyFileError``."""
    try:
        return HpkeKey(ONLY_KEY, base64url.decode(read_secret_text(path).strip()))
    except (EnvelopeError, AcrossError, ValueError) as error:
        raise KeyFileError(f"{path}: is no key that 'privcv custodian key' wrote") from error


def seal(secret: bytes, custodian: str, picture: bytes) -> bytes:
    """What lies beside the public ``picture``: ``secret`` for the holder of the key ``custodian``.

    Raises ``ImagesError`` for what is no public key.
    """
    try:
        config = HpkeConfig(ONLY_KEY, base64url.decode(custodian))
        sealed = config.seal(secret, INFO, hashlib.sha256(picture).digest())
    except (EnvelopeError, AcrossError, ValueError) as error:
        raise ImagesError(f"redaction.custodian: is no public key: {error}") from error
    return HEAD + sealed.encapsulated + sealed.payload


def unseal(content: bytes, key: HpkeKey, picture: bytes, where: str) -> bytes:
    """The secret part of the public ``picture``.

    Raises ``ImagesError``, naming ``where``, for another's, another picture's or a changed one.
    """
    if not content.startswith(HEAD):
        raise ImagesError(f"{where}: is no secret part of a picture")
    body = content[len(HEAD) :]
    sealed = HpkeCiphertext(ONLY_KEY, body[:KEY_SIZE], body[KEY_SIZE:])
    try:
        return key.open(sealed, INFO, hashlib.sha256(picture).digest())
    except (AcrossError, ValueError) as error:
        raise ImagesError(
            f"{where}: does not open: it is for another custodian, of another picture, or changed"
        ) from error
