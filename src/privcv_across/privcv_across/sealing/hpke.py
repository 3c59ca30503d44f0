# SPDX-License-Identifier: Apache-2.0
"""Hybrid public key encryption, base mode (RFC 9180, by ``pyhpke``), and ``HpkeConfig`` of DAP."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, PyHPKEError

from privcv_across.errors import SealError
from privcv_across.messages.basic import HpkeCiphertext
from privcv_across.messages.presentation import Reader, exactly, integer, opaque

SUITES: Mapping[str, tuple[KEMId, KDFId, AEADId]] = {
    "X25519-SHA256-AES128GCM": (
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES128_GCM,
    ),
    "X25519-SHA256-ChaCha20Poly1305": (
        KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305,
    ),
}  # fmt: skip
"""The suites that a task can name; the first is the one that every DAP has (DAP, 6)."""
DEFAULT_SUITE = next(iter(SUITES))
KEY_SIZE = 32
OVERHEAD = 16
"""Bytes by which sealing lengthens, beside the encapsulated key of ``KEY_SIZE``."""


@dataclass(frozen=True)
class HpkeConfig:
    """A public key of a collector, its number there, and the suite that it is for."""

    config_id: int
    public_key: bytes
    suite: str = DEFAULT_SUITE

    def __post_init__(self) -> None:
        exactly("key to seal with", self.public_key, KEY_SIZE)
        _suite(self.suite)

    def encode(self) -> bytes:
        """Its bytes in DAP."""
        numbers = b"".join(integer(part.value, 2) for part in SUITES[self.suite])
        return integer(self.config_id, 1) + numbers + opaque(self.public_key, 2)

    @classmethod
    def decode(cls, content: bytes) -> "HpkeConfig":
        """Raises ``MalformedMessage``, also for a suite that is none of ours."""
        reader = Reader("key to seal with", content)
        config_id = reader.integer(1)
        numbers = tuple(reader.integer(2) for _ in range(3))
        public_key = reader.opaque(2, KEY_SIZE, KEY_SIZE)
        reader.end()
        for name, parts in SUITES.items():
            if numbers == tuple(part.value for part in parts):
                return cls(config_id, public_key, name)
        raise reader.malformed(f"suite {numbers}; known are {', '.join(SUITES)}")

    def seal(self, plaintext: bytes, info: bytes, aad: bytes) -> HpkeCiphertext:
        """``plaintext`` for the holder of the key, bound to ``info`` and ``aad``: ``SealError``."""
        suite = _suite(self.suite)
        try:
            key = suite.kem.deserialize_public_key(self.public_key)
            encapsulated, sender = suite.create_sender_context(key, info)
            return HpkeCiphertext(self.config_id, encapsulated, sender.seal(plaintext, aad))
        except (PyHPKEError, ValueError) as error:
            raise SealError(f"key to seal with: cannot be used: {error}") from error


@dataclass(frozen=True)
class HpkeKey:
    """A private key of a collector. Its ``repr`` shows its number and suite only."""

    config_id: int
    secret: bytes = field(repr=False)
    suite: str = DEFAULT_SUITE

    def __post_init__(self) -> None:
        exactly("key to open with", self.secret, KEY_SIZE)
        _suite(self.suite)

    @classmethod
    def generate(cls, config_id: int, suite: str = DEFAULT_SUITE) -> "HpkeKey":
        """A new key from the operating system's random numbers."""
        return cls(config_id, secrets.token_bytes(KEY_SIZE), suite)

    @cached_property
    def config(self) -> HpkeConfig:
        """What is public of it."""
        key = X25519PrivateKey.from_private_bytes(self.secret)
        return HpkeConfig(self.config_id, key.public_key().public_bytes_raw(), self.suite)

    def open(self, sealed: HpkeCiphertext, info: bytes, aad: bytes) -> bytes:
        """What was sealed; raises ``SealError`` for anything else than ``seal`` made of it."""
        if sealed.config_id != self.config_id:
            raise SealError(f"sealed share: for key {sealed.config_id}, this is {self.config_id}")
        suite = _suite(self.suite)
        try:
            key = suite.kem.deserialize_private_key(self.secret)
            recipient = suite.create_recipient_context(sealed.encapsulated, key, info)
            return recipient.open(sealed.payload, aad)
        except (PyHPKEError, ValueError) as error:
            raise SealError(
                "sealed share: does not open; it was sealed for another key or task, or changed"
            ) from error


def _suite(name: str) -> CipherSuite:
    if name not in SUITES:
        raise SealError(f"sealing: {name!r} is not known; known are {', '.join(SUITES)}")
    return CipherSuite.new(*SUITES[name])
