# SPDX-License-Identifier: Apache-2.0
"""What a device uploads (DAP, 4.4.2): one report, sealed for each of the two collectors."""

from dataclasses import dataclass

from privcv_across.messages.basic import (
    MAX_SHARE,
    REPORT_ID_SIZE,
    TASK_ID_SIZE,
    Extension,
    HpkeCiphertext,
    ReportError,
    ReportMetadata,
    encode_extensions,
    read_extensions,
)
from privcv_across.messages.configuration import TaskConfiguration
from privcv_across.messages.presentation import Reader, exactly, integer, opaque

MAX_REPORTS = 4096
"""In one upload, and in one aggregation job."""


@dataclass(frozen=True)
class Report:
    """A report as it crosses the network: nobody but the two collectors can open its shares."""

    metadata: ReportMetadata
    public_share: bytes
    leader_share: HpkeCiphertext
    helper_share: HpkeCiphertext

    def encode(self) -> bytes:
        """Its bytes."""
        return (
            self.metadata.encode()
            + opaque(self.public_share, 4)
            + self.leader_share.encode()
            + self.helper_share.encode()
        )

    @classmethod
    def read(cls, reader: Reader) -> "Report":
        """Raises ``MalformedMessage``."""
        return cls(
            ReportMetadata.read(reader),
            reader.opaque(4, 0, MAX_SHARE),
            HpkeCiphertext.read(reader),
            HpkeCiphertext.read(reader),
        )

    @classmethod
    def decode(cls, content: bytes) -> "Report":
        """One report and nothing else; raises ``MalformedMessage``."""
        reader = Reader("report", content)
        found = cls.read(reader)
        reader.end()
        return found


@dataclass(frozen=True)
class UploadRequest:
    """Reports, one after the other."""

    reports: tuple[Report, ...]

    def encode(self) -> bytes:
        """Its bytes."""
        return b"".join(report.encode() for report in self.reports)

    @classmethod
    def decode(cls, content: bytes) -> "UploadRequest":
        """Raises ``MalformedMessage``."""
        return cls(tuple(Reader("upload", content).repeated(Report.read, MAX_REPORTS)))


@dataclass(frozen=True)
class UploadErrors:
    """(report id, why it is not counted), in the order of the upload; of the others nothing."""

    refused: tuple[tuple[bytes, ReportError], ...]

    def encode(self) -> bytes:
        """Its bytes."""
        return b"".join(
            exactly("report id", report_id, REPORT_ID_SIZE) + integer(error, 1)
            for report_id, error in self.refused
        )

    @classmethod
    def decode(cls, content: bytes) -> "UploadErrors":
        """Raises ``MalformedMessage``."""
        return cls(
            tuple(
                Reader("upload errors", content).repeated(
                    lambda one: (one.take(REPORT_ID_SIZE), ReportError.read(one)), MAX_REPORTS
                )
            )
        )


@dataclass(frozen=True)
class PlaintextInputShare:
    """What is sealed: a share, with what only its collector may know."""

    payload: bytes
    private_extensions: tuple[Extension, ...] = ()

    def encode(self) -> bytes:
        """Its bytes."""
        return encode_extensions(self.private_extensions) + opaque(self.payload, 4)

    @classmethod
    def decode(cls, content: bytes) -> "PlaintextInputShare":
        """Raises ``MalformedMessage``."""
        reader = Reader("input share", content)
        extensions = read_extensions(reader)
        found = cls(reader.opaque(4, 1, MAX_SHARE), extensions)
        reader.end()
        return found


def input_share_aad(
    task_id: bytes,
    configuration: TaskConfiguration,
    metadata: ReportMetadata,
    public_share: bytes,
) -> bytes:
    """``InputShareAad``: what a sealed share is bound to."""
    return (
        exactly("task id", task_id, TASK_ID_SIZE)
        + configuration.encode()
        + metadata.encode()
        + opaque(public_share, 4)
    )
