# SPDX-License-Identifier: Apache-2.0
"""Keys and signatures of devices and people: Ed25519, or HMAC-SHA256 where a site asks for it.

A key is 32 bytes. What is public of it, and signatures, are written as base64url without padding.
The key id is the first 16 hexadecimal digits of the SHA-256 of the public key (for HMAC of
``privcv-hmac`` and the secret).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.weak_keys import ed25519_weakness, secret_weakness

Algorithm = Literal["Ed25519", "HMAC-SHA256"]
ALGORITHMS: tuple[Algorithm, ...] = ("Ed25519", "HMAC-SHA256")


@dataclass(frozen=True)
class SigningKey:
    """A private key of 32 bytes. Its ``repr`` shows the algorithm only.

    Raises ``EnvelopeError`` for another length or algorithm, or a secret of HMAC that is no random
    one.
    """

    alg: Algorithm
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.alg not in ALGORITHMS or len(self.secret) != 32:
            raise EnvelopeError(f"key: needs 32 bytes and one of {', '.join(ALGORITHMS)}")
        if self.alg == "HMAC-SHA256" and (weakness := secret_weakness(self.secret)):
            raise EnvelopeError(f"key: {weakness}; make a new one")

    @classmethod
    def generate(cls, alg: Algorithm = "Ed25519") -> "SigningKey":
        """A new key from the operating system's random numbers."""
        return cls(alg, secrets.token_bytes(32))

    @cached_property
    def public(self) -> str:
        """What the collector needs to verify: the public key; for HMAC the shared secret itself."""
        if self.alg == "HMAC-SHA256":
            return base64url.encode(self.secret)
        return base64url.encode(self._private.public_key().public_bytes_raw())

    @cached_property
    def key_id(self) -> str:
        """16 hexadecimal digits that tell keys apart; they reveal nothing of a secret."""
        return _key_id(self.alg, base64url.decode(self.public))

    def sign(self, message: bytes) -> str:
        """Signature of ``message``, base64url without padding; deterministic."""
        if self.alg == "HMAC-SHA256":
            return base64url.encode(hmac.digest(self.secret, message, "sha256"))
        return base64url.encode(self._private.sign(message))

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


@dataclass(frozen=True)
class VerifyKey:
    """What verifies signatures of a device or a person. For HMAC it is as secret as the key itself.

    Raises ``EnvelopeError`` for a key that others than its owner can sign for, see ``weak_keys``.
    """

    alg: Algorithm
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.content) != 32:
            raise EnvelopeError(f"key: must be 32 bytes, not {len(self.content)}")
        check = ed25519_weakness if self.alg == "Ed25519" else secret_weakness
        if weakness := check(self.content):
            raise EnvelopeError(f"key: {weakness}; make a new one")

    @classmethod
    def load(cls, alg: str, text: str) -> "VerifyKey":
        """Read a key as ``SigningKey.public`` writes it; raises ``EnvelopeError``."""
        for known in ALGORITHMS:
            if alg == known:
                break
        else:
            raise EnvelopeError(f"key: alg must be one of {', '.join(ALGORITHMS)}")
        return cls(known, base64url.decode(text))

    @property
    def key_id(self) -> str:
        """The same id as that of the signing key."""
        return _key_id(self.alg, self.content)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the key that belongs to this one signed ``message``."""
        if self.alg == "HMAC-SHA256":
            return hmac.compare_digest(hmac.digest(self.content, message, "sha256"), signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.content).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def is_public_key(text: str) -> bool:
    """Whether ``text`` is a public Ed25519 key of full order, in base64url without padding."""
    try:
        VerifyKey.load("Ed25519", text)
    except EnvelopeError:
        return False
    return True


def verify_signature(public: str, signature: str, message: bytes) -> bool:
    """Whether the owner of the Ed25519 key ``public`` signed; False for anything malformed."""
    try:
        return VerifyKey.load("Ed25519", public).verify(base64url.decode(signature), message)
    except EnvelopeError:
        return False


def _key_id(alg: Algorithm, content: bytes) -> str:
    label = b"privcv-hmac" if alg == "HMAC-SHA256" else b""
    return hashlib.sha256(label + content).hexdigest()[:16]
