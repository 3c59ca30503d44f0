# SPDX-License-Identifier: Apache-2.0
"""Evidence and what its appraisal comes to: the words are those of RATS (RFC 9334).

An *attester* (device or collector) shows *evidence*; a *verifier* appraises it by a *policy*. The
nonce is the hash of the last checkpoint of a log: fresh without a round trip, and of no use later.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from privcv_across.errors import AttestationError
from privcv_across.transparency.signed_note import SignedNote
from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical, read_canonical
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import is_public_key
from privcv_core.settings.model import describe

Format = Literal["tpm2", "tdx", "sgx", "sev-snp"]
Status = Literal["none", "affirming", "warning", "contraindicated"]
"""Tiers of trust (draft-ietf-rats-ar4si, 2.3.2): not appraised, good, to be looked at, refused."""
MOST_BYTES = 128 << 10
MOST_TPM_BYTES = 4096
"""Of a TPM's, which is all that a device sends; nine registers need about 1,500."""


def _key(text: str) -> str:
    if not is_public_key(text):
        raise ValueError("is no public Ed25519 key in base64url")
    return text


def _bytes(text: str) -> str:
    try:
        base64url.decode(text)
    except EnvelopeError as error:
        raise ValueError(str(error)) from error
    return text


Base64 = Annotated[str, Field(max_length=24 << 10), AfterValidator(_bytes)]
"""Bytes in a file or a message."""
DeviceKey = Annotated[str, Field(max_length=64), AfterValidator(_key)]
"""The public Ed25519 key of a device, base64url."""
_Pcr = Annotated[str, Field(pattern=r"^(?:[0-9]|1[0-9]|2[0-3])$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Evidence(BaseModel):
    """What an attester shows of itself. Bytes are base64url."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Literal[1] = 1
    format: Format
    device: DeviceKey = Field(description="Ed25519 key that it vouches")
    quote: Base64 = Field(description="TPMS_ATTEST, or the quote of a TEE.")
    signature: Base64 = Field(default="", description="TPMT_SIGNATURE; a TEE's is in its quote.")
    key: Base64 = Field(default="", description="TPMT_PUBLIC of the attestation key.")
    pcrs: dict[_Pcr, _Digest] = Field(
        default={}, max_length=24, description="SHA-256 bank: number, value."
    )
    collateral: str = Field(
        default="", max_length=64 << 10, description="Of a TEE: certificates and TCB, as JSON."
    )

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical(self.model_dump())

    @classmethod
    def decode(cls, content: bytes) -> "Evidence":
        """Raises ``AttestationError`` naming the field."""
        if len(content) > MOST_BYTES:
            raise AttestationError(f"evidence: {len(content)} bytes; at most {MOST_BYTES} are read")
        try:
            return cls.model_validate(read_canonical(content))
        except EnvelopeError as error:
            raise AttestationError(f"evidence: {error}") from error
        except ValidationError as error:
            raise AttestationError(f"evidence: {describe(error, cls)}") from error


@dataclass(frozen=True)
class Result:
    """What an appraisal came to (in RFC 9334: an attestation result)."""

    status: Status
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What was verified, by name; nothing of evidence that was refused."""
    until: datetime | None = None
    """When it is too old to count; None: it never counted."""
    reasons: tuple[str, ...] = ()
    """All that spoke against it."""

    def counts(self, now: datetime) -> bool:
        """Whether who asks for a proof of state may go by it."""
        return (
            self.status in ("affirming", "warning") and self.until is not None and now < self.until
        )

    def eat(self, nonce: bytes, issued: datetime) -> dict[str, Any]:
        """As claims of an Entity Attestation Token (RFC 9711, JSON names), unsigned."""
        made = {
            "eat_nonce": base64url.encode(nonce),
            "iat": int(issued.timestamp()),
            "ear.status": self.status,
            "privcv.claims": dict(self.claims),
        }
        return made | ({"exp": int(self.until.timestamp())} if self.until else {})


def nonce_of(checkpoint: SignedNote) -> bytes:
    """The nonce that a log's checkpoint gives everybody: SHA-256 of what its log signed."""
    return hashlib.sha256(checkpoint.text.encode()).digest()


def qualifying(nonce: bytes, device: str) -> bytes:
    """The 32 bytes that a quote must hold: fresh by ``nonce``, and for this device's key."""
    return hashlib.sha256(b"privcv attestation\n" + nonce + base64url.decode(device)).digest()
