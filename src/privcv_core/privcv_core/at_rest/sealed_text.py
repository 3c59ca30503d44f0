# SPDX-License-Identifier: Apache-2.0
"""Sealed texts: lines of logs and small files, encrypted with AES-256-GCM, one line of ASCII each.

``privcv-sealed-1 KEYID NONCE+CIPHERTEXT+TAG`` (hex, base64url). A text belongs to a *place*, such
as a chain of audit logs: where it was put into another one it does not open. What is in the clear
is read as it is: whether it is genuine is for hash chains and signatures to tell.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privcv_core.at_rest.keys import ID_BYTES, Key, keys_for, keys_in_use
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError

MARK = b"privcv-sealed-1 "
NONCE_BYTES = 12


def seal(place: str, content: bytes) -> bytes:
    """``content`` as a line without its end, sealed where this process has keys, else as it is.

    Raises ``KeyFileError`` where keys are named and cannot be read.
    """
    ring = keys_in_use()
    return content if ring is None else seal_with(ring.newest, place, content)


def seal_with(key: Key, place: str, content: bytes) -> bytes:
    """The same with one key."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + _cipher(key).encrypt(nonce, content, place.encode())
    return MARK + key.id.hex().encode() + b" " + base64url.encode(sealed).encode()


def unseal(place: str, text: bytes) -> bytes:
    """What was sealed; a text in the clear as it is.

    Raises ``KeyFileError`` where this process does not have its key, ``ValueError`` where it was
    changed or belongs to another place.
    """
    id = key_id(text)
    if id is None:
        return text
    key = keys_for(f"the {place}", id)
    try:
        sealed = base64url.decode(text.rstrip(b"\n").rsplit(b" ", 1)[1].decode("ascii"))
        return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, EnvelopeError, UnicodeError, ValueError) as error:
        raise ValueError("is encrypted and was changed, or belongs elsewhere") from error


def key_id(text: bytes) -> bytes | None:
    """The id of the key that sealed ``text``; None where it is in the clear."""
    if not text.startswith(MARK):
        return None
    try:
        id = bytes.fromhex(text[len(MARK) : len(MARK) + 2 * ID_BYTES].decode("ascii"))
    except ValueError:
        return None
    return id if len(id) == ID_BYTES else None


@lru_cache(maxsize=8)
def _cipher(key: Key) -> AESGCM:
    return AESGCM(key.derive("texts"))
