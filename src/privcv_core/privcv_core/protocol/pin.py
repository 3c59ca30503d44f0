# SPDX-License-Identifier: Apache-2.0
"""Pin of a TLS public key: SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4), as text."""

import base64
import hashlib
import re

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PIN_PATTERN = re.compile(r"sha256/[A-Za-z0-9+/]{43}=")


def public_key_pin(key: PublicKeyTypes) -> str:
    """Pin of a public key of ``cryptography``: ``sha256/`` and 44 characters of base64."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "sha256/" + base64.b64encode(hashlib.sha256(spki).digest()).decode()
