# SPDX-License-Identifier: Apache-2.0
"""The other kind of release: shares of a window's counts for a sum over sites, sealed.

::

    {"secure":{"report":"<base64url>","task":"<64 hex>"},"sequence":7}

It has a number of the same ledger, lies in the same outbox and the same batches as reports, and
nobody but the two collectors of its task can open it: see ``privcv_across``. ``report`` is a
``Report`` of DAP; its length is the task's, whatever was counted.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
)

from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import EnvelopeError, ReleaseError
from privcv_core.protocol.release import SEQUENCE_MAX, Release, words_of

_T = TypeVar("_T")

LONGEST_REPORT = 24_576
"""Bytes of the longest report that a message of the graph can hold."""

BEGINNINGS = (b'{"dwell":', b'{"secure":')
"""How the canonical bytes of each kind of release begin, and of nothing else in a batch."""


def _spelled(text: str) -> str:
    try:
        base64url.decode(text)
    except EnvelopeError as error:
        raise ValueError("must be base64url, in its one spelling") from error
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SealedShares(_Strict):
    """One report of one task."""

    report: Annotated[str, AfterValidator(_spelled)] = Field(
        min_length=2,
        max_length=4 * LONGEST_REPORT // 3,
        description="A Report of DAP 18, base64url: sealed for the two collectors of its task.",
    )
    task: str = Field(pattern=r"^[0-9a-f]{64}$", description="The task's id, SHA-256 in hex.")

    @property
    def report_bytes(self) -> bytes:
        """The report as DAP spells it."""
        return base64url.decode(self.report)


class SecureRelease(_Strict):
    """What the ledger committed at once of one window for one task."""

    sequence: int = Field(
        ge=1, le=SEQUENCE_MAX, description="Number of the release in the device's ledger, from 1."
    )
    secure: SealedShares

    @classmethod
    def of(cls, sequence: int, task: bytes, report: bytes) -> "SecureRelease":
        """Of a task's id and a report's bytes; raises ``ReleaseError``."""
        shares = {"report": base64url.encode(report), "task": task.hex()}
        return _checked(cls.model_validate, {"sequence": sequence, "secure": shares})

    def canonical(self) -> bytes:
        """The bytes of the release (RFC 8785): what the ledger keeps and a batch is made of."""
        return canonical(self.model_dump())


def _kind(value: Any) -> str:
    secure = "secure" in value if isinstance(value, dict) else isinstance(value, SecureRelease)
    return "secure" if secure else "counts"


AnyRelease = Annotated[
    Annotated[Release, Tag("counts")] | Annotated[SecureRelease, Tag("secure")],
    Discriminator(_kind),
]
"""A release of either kind, for a pydantic model."""

_ANY: TypeAdapter[Release | SecureRelease] = TypeAdapter(AnyRelease)


def read_any_release(payload: bytes) -> Release | SecureRelease:
    """The release that ``payload`` spells, of whatever kind it is; raises ``ReleaseError``."""
    return _checked(_ANY.validate_json, payload)


def is_secure(payload: bytes) -> bool:
    """Whether the bytes of a release are those of sealed shares, by how they begin."""
    return payload.startswith(BEGINNINGS[1])


def _checked(read: Callable[[Any], _T], content: Any) -> _T:
    try:
        return read(content)
    except ValidationError as error:
        raise ReleaseError(f"release: {words_of(error)}") from error
