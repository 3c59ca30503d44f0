# SPDX-License-Identifier: Apache-2.0
"""Enrolment request of a device: its id, bound to its first key, and the proof that it has the key.

The request is an envelope with sequence 0, signed by the key that it enrols::

    {"enrol":{"alg":"Ed25519","key":"<base64url>","key_id":"<16 hex>","token":"enrol-…"}}

The token is a random number that one collector made for one site, so that what was signed for one
is worth nothing at another. The id is a digest of the key: nobody else can enrol it first.
"""

import hashlib
from datetime import datetime

from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import seal
from privcv_core.protocol.signing import SigningKey

_LABEL = b"privcv device\n"


def device_id(alg: str, public: str) -> str:
    """The id of a device whose first key is ``public``: 32 hexadecimal digits.

    Raises ``EnvelopeError`` where ``public`` is not base64url.
    """
    content = _LABEL + alg.encode() + b"\n" + base64url.decode(public)
    return hashlib.sha256(content).hexdigest()[:32]


def seal_enrolment(key: SigningKey, device: str, token: str, sent_at: datetime) -> bytes:
    """The request that enrols ``key`` as ``device`` at the site of ``token``."""
    new = {"alg": key.alg, "key": key.public, "key_id": key.key_id, "token": token}
    return seal(key, device, 0, sent_at, canonical({"enrol": new}))
