# SPDX-License-Identifier: Apache-2.0
"""The three files of an enrolment, carried by hand: request, challenge, answer. Canonical JSON.

None of them is a secret that helps anybody: only the TPM that is meant opens a challenge, and only
with the device's own key an answer is signed.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from cryptography import x509
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from privcv_across.attestation.evidence import Base64, DeviceKey
from privcv_across.attestation.tpm_credential import LONGEST_CHAIN
from privcv_across.errors import AttestationError
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.input_file import read_input
from privcv_core.protocol.canonical_json import canonical
from privcv_core.settings.model import describe

MOST_BYTES = 64 << 10
F = TypeVar("F", bound="_File")


def _certificate(text: str) -> str:
    x509.load_pem_x509_certificate(text.encode())
    return text


_Pem = Annotated[str, Field(max_length=8192), AfterValidator(_certificate)]


def read_file(path: Path) -> bytes:
    """The content of such a file; raises ``AttestationError``."""
    try:
        return read_input(path, MOST_BYTES)
    except OSError as error:
        raise AttestationError(f"{path}: cannot be read: {error.strerror}") from error


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Literal[1] = 1

    def encode(self) -> bytes:
        """Its bytes."""
        return canonical(self.model_dump()) + b"\n"

    @classmethod
    def decode(cls: type[F], content: bytes, where: str) -> F:
        """Raises ``AttestationError`` that names ``where`` and the field."""
        try:
            parsed: Any = parse_json(content, MOST_BYTES)
        except ValueError as error:
            raise AttestationError(f"{where}: is no file of an enrolment: {error}") from error
        return cls.of(parsed, where)

    @classmethod
    def of(cls: type[F], fields: Any, where: str) -> F:
        """Of parsed JSON; raises as ``decode``."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise AttestationError(f"{where}: {describe(error, cls)}") from error


class EnrolmentRequest(_File):
    """What a device shows of its TPM."""

    device: DeviceKey = Field(description="Ed25519 key, base64url.")
    key: Base64 = Field(description="TPMT_PUBLIC of the attestation key.")
    endorsement: Base64 = Field(description="TPMT_PUBLIC of the endorsement key.")
    certificates: list[_Pem] = Field(
        default=[], max_length=LONGEST_CHAIN, description="Of it, its own first, PEM."
    )


class EnrolmentChallenge(_File):
    """What only that TPM opens."""

    credential: Base64
    seed: Base64


class EnrolmentAnswer(_File):
    """What came out of it, signed by the device's key."""

    device: DeviceKey
    secret: Base64
    signature: Annotated[str, Field(max_length=128)]
