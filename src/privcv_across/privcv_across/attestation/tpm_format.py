# SPDX-License-Identifier: Apache-2.0
"""The few structures of a TPM that a verifier reads (TPM 2.0 Library, part 2), without a TSS."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey as EcKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from privcv_across.errors import AttestationError, MalformedMessage
from privcv_across.messages.presentation import Reader

SHA256, ECDSA, RSA, ECC, NULL, P256 = 0x000B, 0x0018, 0x0001, 0x0023, 0x0010, 0x0003
_GENERATED, _ATTEST_QUOTE = 0xFF544347, 0x8018
FIXED_TPM, FIXED_PARENT, DATA_ORIGIN = 1 << 1, 1 << 4, 1 << 5
RESTRICTED, DECRYPT, SIGN = 1 << 16, 1 << 17, 1 << 18
DIGEST = 32


@dataclass(frozen=True)
class Quote:
    """TPMS_ATTEST of a quote (part 2, 10.12.8 and 10.12.11)."""

    qualifying: bytes
    clock_ms: int
    resets: int
    restarts: int
    safe: bool
    """The clock never showed a later time before."""
    firmware: int
    pcrs: tuple[int, ...]
    digest: bytes


def read_quote(content: bytes) -> Quote:
    """Raises ``AttestationError``, also for what a TPM signed that is no quote of SHA-256 PCRs."""
    reader = Reader("quote", content)
    try:
        if (reader.integer(4), reader.integer(2)) != (_GENERATED, _ATTEST_QUOTE):
            raise reader.malformed("is none of a TPM")
        reader.opaque(2)  # the name of who signed, which the signature says better
        extra = reader.opaque(2)
        clock, resets, restarts, safe = (reader.integer(size) for size in (8, 4, 4, 1))
        firmware = reader.integer(8)
        if reader.integer(4) != 1 or reader.integer(2) != SHA256:
            raise reader.malformed("is not of the SHA-256 bank alone")
        chosen = int.from_bytes(reader.opaque(1, 3, 3), "little")
        digest = reader.opaque(2, DIGEST, DIGEST)
        reader.end()
    except MalformedMessage as error:
        raise AttestationError(str(error)) from error
    pcrs = tuple(number for number in range(24) if chosen >> number & 1)
    return Quote(extra, clock, resets, restarts, safe == 1, firmware, pcrs, digest)


def read_signature(content: bytes) -> bytes:
    """TPMT_SIGNATURE of ECDSA with SHA-256, in DER; raises ``AttestationError``."""
    reader = Reader("signature", content)
    try:
        if (reader.integer(2), reader.integer(2)) != (ECDSA, SHA256):
            raise reader.malformed("is not ECDSA with SHA-256")
        r, s = (int.from_bytes(reader.opaque(2, 1, DIGEST), "big") for _ in range(2))
        reader.end()
    except MalformedMessage as error:
        raise AttestationError(str(error)) from error
    return encode_dss_signature(r, s)


def read_attestation_key(content: bytes) -> EcKey:
    """TPMT_PUBLIC of a key that signs only what its TPM says; raises ``AttestationError``."""
    reader = Reader("attestation key", content)
    try:
        if (reader.integer(2), reader.integer(2)) != (ECC, SHA256):
            raise reader.malformed("is no elliptic curve key with a SHA-256 name")
        attributes = reader.integer(4)
        needed = FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | RESTRICTED | SIGN
        if attributes & (needed | DECRYPT) != needed:
            raise reader.malformed("is not restricted to what its TPM says and bound to it")
        reader.opaque(2)
        parts = tuple(reader.integer(2) for _ in range(5))
        if parts != (NULL, ECDSA, SHA256, P256, NULL):
            raise reader.malformed("is not for ECDSA with SHA-256 on P-256")
        x, y = (int.from_bytes(reader.opaque(2, 1, DIGEST), "big") for _ in range(2))
        reader.end()
        return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except (MalformedMessage, ValueError) as error:
        raise AttestationError(str(error)) from error


def read_endorsement_key(content: bytes) -> RSAPublicKey:
    """TPMT_PUBLIC of an RSA 2048 endorsement key (TCG EK Credential Profile, template L-1)."""
    reader = Reader("endorsement key", content)
    try:
        if (reader.integer(2), reader.integer(2)) != (RSA, SHA256):
            raise reader.malformed("is no RSA key with a SHA-256 name")
        attributes = reader.integer(4)
        needed = FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | RESTRICTED | DECRYPT
        if attributes & (needed | SIGN) != needed:
            raise reader.malformed("is not a storage key that is bound to its TPM")
        reader.opaque(2)
        parts = tuple(reader.integer(2) for _ in range(5))
        if parts != (0x0006, 128, 0x0043, NULL, 2048):
            raise reader.malformed("is not for AES-128 in CFB mode with 2048 bits")
        exponent = reader.integer(4) or 65537
        modulus = int.from_bytes(reader.opaque(2, 256, 256), "big")
        reader.end()
        return RSAPublicNumbers(exponent, modulus).public_key()
    except (MalformedMessage, ValueError) as error:
        raise AttestationError(str(error)) from error


def name_of(public: bytes) -> bytes:
    """The Name of an object with this TPMT_PUBLIC (part 1, 16): its algorithm and digest."""
    return SHA256.to_bytes(2, "big") + hashlib.sha256(public).digest()
