# SPDX-License-Identifier: Apache-2.0
"""A secret file that only the TPM of this machine opens, in the state in which it was sealed.

The file is encrypted with a random key (AES-256-GCM), of which the TPM keeps the only copy that
needs nobody; it gives it out while registers (PCRs) are what they were: 7 tells who may sign what
is started (Secure Boot), 11 which kernel systemd-stub started. An update changes them. So a second
copy is wrapped with a *recovery key*, which is shown once and is nowhere on the machine.
"""

import base64
import hashlib
import json
import re
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privcv_across.attestation.tpm_device import Blobs, Tpm
from privcv_across.errors import TpmError
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError

PCRS = (7, 11)
_PURPOSE = b"privcv sealed file\n"
_KEY, _NONCE = 32, 12
_LARGEST = {"public": 128, "private": 512, "content": 4096, "recovery": 80}
"""Of the texts in a sealed key file, characters."""
_FIELDS = {"v", "sealed", "pcrs", "public", "private", "content", "recovery"}


def seal_file(content: bytes, tpm: Tpm, pcrs: tuple[int, ...] = PCRS) -> tuple[bytes, str]:
    """(the sealed file, the recovery key); raises ``TpmError``."""
    key, recovery = secrets.token_bytes(_KEY), secrets.token_bytes(_KEY)
    blobs = tpm.seal(key, pcrs)
    fields = {
        "v": 1,
        "sealed": "tpm2",
        "pcrs": list(pcrs),
        "public": base64url.encode(blobs.public),
        "private": base64url.encode(blobs.private),
        "content": base64url.encode(_encrypt(key, content)),
        "recovery": base64url.encode(_encrypt(_recovery(recovery), key)),
    }
    return json.dumps(fields, indent=1).encode(), _shown(recovery)


def is_sealed(fields: Any) -> bool:
    """Whether parsed JSON is a sealed file."""
    return isinstance(fields, dict) and "sealed" in fields


def check_sealed(fields: Any) -> None:
    """Whether it could be opened somewhere; raises ``TpmError`` for what ``seal_file`` never made,
    such as a file with more in it than a key file."""
    _read(fields)
    for name, most in _LARGEST.items():
        if len(fields[name]) > most or not re.fullmatch(r"[A-Za-z0-9_-]+", fields[name]):
            raise TpmError(f"sealed file: {name}: is none of a key file")


def open_sealed(fields: Any, tpm: Tpm) -> bytes:
    """What was sealed, by the TPM; raises ``TpmError``, also for another state of the machine."""
    pcrs, blobs = _read(fields)
    return _decrypt(tpm.unseal(blobs, pcrs), fields["content"], "was changed")


def recover(fields: Any, recovery: str) -> bytes:
    """What was sealed, by the recovery key; raises ``TpmError``."""
    _read(fields)
    text = "".join(recovery.split()).replace("-", "").upper()
    try:
        code = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise TpmError("recovery key: is none; it has 13 groups of four letters") from error
    key = _decrypt(_recovery(code), fields["recovery"], "is for another recovery key")
    return _decrypt(key, fields["content"], "was changed")


def _read(fields: Any) -> tuple[tuple[int, ...], Blobs]:
    try:
        pcrs = tuple(fields["pcrs"])
        blobs = Blobs(base64url.decode(fields["public"]), base64url.decode(fields["private"]))
        whole = set(fields) == _FIELDS and (fields["v"], fields["sealed"]) == (1, "tpm2")
        if not whole or not all(type(one) is int and 0 <= one <= 23 for one in pcrs):
            raise ValueError
    except (KeyError, TypeError, ValueError, EnvelopeError) as error:
        raise TpmError("sealed file: is none of version 1") from error
    return pcrs, blobs


def _encrypt(key: bytes, content: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, _PURPOSE)


def _decrypt(key: bytes, text: str, otherwise: str) -> bytes:
    try:
        content = base64url.decode(text)
        return AESGCM(key).decrypt(content[:_NONCE], content[_NONCE:], _PURPOSE)
    except (InvalidTag, EnvelopeError, ValueError, TypeError, AttributeError) as error:
        raise TpmError(f"sealed file: {otherwise}") from error


def _recovery(code: bytes) -> bytes:
    return hashlib.sha256(b"privcv recovery key\n" + code).digest()


def _shown(code: bytes) -> str:
    text = base64.b32encode(code).decode().rstrip("=")
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))
