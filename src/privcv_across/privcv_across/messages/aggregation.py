# SPDX-License-Identifier: Apache-2.0
"""What the collectors tell each other to verify reports (DAP, 4.6; VDAF, 5.7: ping-pong)."""

from dataclasses import dataclass

from privcv_across.errors import MalformedMessage
from privcv_across.messages.basic import (
    MAX_SHARE,
    REPORT_ID_SIZE,
    Extension,
    HpkeCiphertext,
    ReportError,
    ReportMetadata,
    encode_extensions,
    read_extensions,
)
from privcv_across.messages.presentation import Reader, exactly, integer, opaque
from privcv_across.messages.report import MAX_REPORTS

_INITIALIZE, _FINISH = 0, 2
_CONTINUE_RESPONSE, _FINISH_RESPONSE, _REJECT_RESPONSE = 0, 1, 2


def initialize(verifier_share: bytes) -> bytes:
    """The leader's first message about a report."""
    return integer(_INITIALIZE, 1) + opaque(verifier_share, 4)


def finish(verifier_message: bytes) -> bytes:
    """The helper's answer, which is the last message of Prio3."""
    return integer(_FINISH, 1) + opaque(verifier_message, 4)


def read_initialize(content: bytes) -> bytes:
    """The verifier share; raises ``MalformedMessage``."""
    return _only(content, _INITIALIZE)


def read_finish(content: bytes) -> bytes:
    """The verifier message; raises ``MalformedMessage``."""
    return _only(content, _FINISH)


def _only(content: bytes, kind: int) -> bytes:
    reader = Reader("verification message", content)
    found = reader.integer(1)
    if found != kind:
        raise MalformedMessage(f"verification message: of kind {found}, not {kind}")
    part = reader.opaque(4, 0, MAX_SHARE)
    reader.end()
    return part


@dataclass(frozen=True)
class VerifyInit:
    """A report as the leader passes it on: the helper's sealed share, and its own first message."""

    metadata: ReportMetadata
    public_share: bytes
    encrypted_share: HpkeCiphertext
    payload: bytes

    def encode(self) -> bytes:
        """Its bytes."""
        return (
            self.metadata.encode()
            + opaque(self.public_share, 4)
            + self.encrypted_share.encode()
            + opaque(self.payload, 4)
        )

    @classmethod
    def read(cls, reader: Reader) -> "VerifyInit":
        """Raises ``MalformedMessage``."""
        return cls(
            ReportMetadata.read(reader),
            reader.opaque(4, 0, MAX_SHARE),
            HpkeCiphertext.read(reader),
            reader.opaque(4, 1, MAX_SHARE),
        )


@dataclass(frozen=True)
class AggregationJobInitReq:
    """Reports that the helper is to verify with the key of this number."""

    verification_key_id: int
    reports: tuple[VerifyInit, ...]
    extensions: tuple[Extension, ...] = ()

    def encode(self) -> bytes:
        """Its bytes."""
        return (
            integer(self.verification_key_id, 1)
            + opaque(b"", 4)  # Prio3 has no aggregation parameter
            + encode_extensions(self.extensions)
            + b"".join(report.encode() for report in self.reports)
        )

    @classmethod
    def decode(cls, content: bytes) -> "AggregationJobInitReq":
        """Raises ``MalformedMessage``, also for two reports of one id."""
        reader = Reader("aggregation job", content)
        key_id = reader.integer(1)
        reader.opaque(4, 0, 0)
        extensions = read_extensions(reader)
        reports = tuple(reader.repeated(VerifyInit.read, MAX_REPORTS))
        if len({report.metadata.report_id for report in reports}) < len(reports):
            raise MalformedMessage("aggregation job: has a report twice")
        return cls(key_id, reports, extensions)


@dataclass(frozen=True)
class VerifyResp:
    """The helper's answer about one report: its message, or why it is not counted."""

    report_id: bytes
    payload: bytes = b""
    error: ReportError | None = None

    def encode(self) -> bytes:
        """Its bytes."""
        head = exactly("report id", self.report_id, REPORT_ID_SIZE)
        if self.error is not None:
            return head + integer(_REJECT_RESPONSE, 1) + integer(self.error, 1)
        if not self.payload:
            return head + integer(_FINISH_RESPONSE, 1)
        return head + integer(_CONTINUE_RESPONSE, 1) + opaque(self.payload, 4)

    @classmethod
    def read(cls, reader: Reader) -> "VerifyResp":
        """Raises ``MalformedMessage``."""
        report_id, kind = reader.take(REPORT_ID_SIZE), reader.integer(1)
        if kind == _CONTINUE_RESPONSE:
            return cls(report_id, reader.opaque(4, 1, MAX_SHARE))
        if kind == _FINISH_RESPONSE:
            return cls(report_id)
        if kind == _REJECT_RESPONSE:
            return cls(report_id, error=ReportError.read(reader))
        raise MalformedMessage(f"{reader.what}: {kind} is no answer about a report")


@dataclass(frozen=True)
class AggregationJobResp:
    """The answers, in the order of the job."""

    responses: tuple[VerifyResp, ...]

    def encode(self) -> bytes:
        """Its bytes."""
        return b"".join(response.encode() for response in self.responses)

    @classmethod
    def decode(cls, content: bytes) -> "AggregationJobResp":
        """Raises ``MalformedMessage``."""
        reader = Reader("aggregation job answer", content)
        return cls(tuple(reader.repeated(VerifyResp.read, MAX_REPORTS)))
