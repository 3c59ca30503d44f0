# SPDX-License-Identifier: Apache-2.0
"""What the collectors tell each other to close a window over the same reports.

In the place of DAP's ``AggregateShareReq``, whose checksum can only say *that* the two have other
reports, and then costs the batch: here the ids themselves are told, and what both have is summed.
"""

from dataclasses import dataclass

from privcv_across.errors import MalformedMessage
from privcv_across.messages.basic import MAX_SHARE, REPORT_ID_SIZE
from privcv_across.messages.presentation import Reader, exactly, integer, opaque

MOST_IDS = 10_000
"""As many as a task can have sites."""
_TOO_FEW, _CLOSED = 0, 1


def encode_ids(report_ids: tuple[bytes, ...]) -> bytes:
    """One after the other."""
    return b"".join(exactly("report id", one, REPORT_ID_SIZE) for one in report_ids)


def read_ids(content: bytes) -> tuple[bytes, ...]:
    """What ``encode_ids`` wrote, in rising order and none twice; raises ``MalformedMessage``."""
    reader = Reader("ids of reports", content)
    found = tuple(reader.repeated(lambda one: one.take(REPORT_ID_SIZE), MOST_IDS))
    if list(found) != sorted(set(found)):
        raise MalformedMessage("ids of reports: are not in rising order, or one is there twice")
    return found


@dataclass(frozen=True)
class CloseReq:
    """The reports of the window ``time`` that the leader has, and closes over at most."""

    time: int
    """In ``time_precision`` since 1970."""
    report_ids: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Its bytes."""
        return integer(self.time, 8) + opaque(encode_ids(self.report_ids), 4)

    @classmethod
    def decode(cls, content: bytes) -> "CloseReq":
        """Raises ``MalformedMessage``."""
        reader = Reader("close", content)
        found = cls(reader.integer(8), read_ids(reader.opaque(4, 0, MOST_IDS * REPORT_ID_SIZE)))
        reader.end()
        return found


@dataclass(frozen=True)
class CloseResp:
    """Those of them that the helper has too, and its sum of their shares with its noise.

    ``noisy_share`` is empty where they are fewer than the task asks for: then there is no total.
    """

    report_ids: tuple[bytes, ...]
    noisy_share: bytes

    def encode(self) -> bytes:
        """Its bytes."""
        kind = _CLOSED if self.noisy_share else _TOO_FEW
        return (
            integer(kind, 1) + opaque(encode_ids(self.report_ids), 4) + opaque(self.noisy_share, 4)
        )

    @classmethod
    def decode(cls, content: bytes) -> "CloseResp":
        """Raises ``MalformedMessage``."""
        reader = Reader("close answer", content)
        kind = reader.integer(1)
        report_ids = read_ids(reader.opaque(4, 0, MOST_IDS * REPORT_ID_SIZE))
        noisy_share = reader.opaque(4, 0, MAX_SHARE)
        reader.end()
        if kind != (_CLOSED if noisy_share else _TOO_FEW):
            raise reader.malformed("says something else than it holds")
        return cls(report_ids, noisy_share)
