# SPDX-License-Identifier: Apache-2.0
"""What several messages hold: roles, ciphertexts, extensions (DAP, 4.1, 4.4.2, 4.4.3)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from privcv_across.errors import MalformedMessage
from privcv_across.messages.presentation import Reader, exactly, integer, opaque

E = TypeVar("E", bound=IntEnum)

REPORT_ID_SIZE, TASK_ID_SIZE = 16, 32
MAX_SHARE = 2**20
"""Bytes of a share, a ciphertext or another field that holds one."""
MAX_EXTENSIONS = 4096
"""Bytes of the extensions of one message."""


class Role(IntEnum):
    """Who sends or receives."""

    COLLECTOR, CLIENT, LEADER, HELPER = 0, 1, 2, 3


class ReportError(IntEnum):
    """Why one report is not counted."""

    BATCH_COLLECTED = 1
    REPORT_REPLAYED = 2
    REPORT_DROPPED = 3
    HPKE_UNKNOWN_CONFIG_ID = 4
    HPKE_DECRYPT_ERROR = 5
    VDAF_VERIFY_ERROR = 6
    TASK_EXPIRED = 7
    INVALID_MESSAGE = 8
    REPORT_TOO_EARLY = 9
    TASK_NOT_STARTED = 10
    OUTDATED_CONFIG = 11

    @classmethod
    def read(cls, reader: Reader) -> "ReportError":
        """Raises ``MalformedMessage`` for a number that no error has."""
        return _known(cls, reader)


class BatchMode(IntEnum):
    """How reports become batches: by the window that they tell of, or as the leader likes."""

    TIME_INTERVAL, LEADER_SELECTED = 1, 2

    @classmethod
    def read(cls, reader: Reader) -> "BatchMode":
        """Raises ``MalformedMessage`` for a number that no mode has."""
        return _known(cls, reader)


@dataclass(frozen=True)
class HpkeCiphertext:
    """Sealed bytes, for the holder of the key with this number at one server."""

    config_id: int
    encapsulated: bytes
    payload: bytes

    def encode(self) -> bytes:
        """Its bytes."""
        return integer(self.config_id, 1) + opaque(self.encapsulated, 2) + opaque(self.payload, 4)

    @classmethod
    def read(cls, reader: Reader) -> "HpkeCiphertext":
        """Raises ``MalformedMessage``."""
        return cls(reader.integer(1), reader.opaque(2, 1, 2048), reader.opaque(4, 1, MAX_SHARE))


@dataclass(frozen=True)
class Extension:
    """Something more that a message says; one that is not known to its reader makes it invalid."""

    kind: int
    data: bytes


def encode_extensions(extensions: tuple[Extension, ...]) -> bytes:
    """A list of extensions after its length."""
    encoded = (integer(one.kind, 2) + opaque(one.data, 2) for one in extensions)
    return opaque(b"".join(encoded), 2)


def read_extensions(reader: Reader) -> tuple[Extension, ...]:
    """A list of extensions, in strictly increasing order of their kind. ``MalformedMessage``.

    The draft asks for that order of a task and of jobs; here it holds for reports too, so that one
    content has one spelling.
    """
    inner = Reader(f"{reader.what}: extensions", reader.opaque(2, 0, MAX_EXTENSIONS))
    found = inner.repeated(lambda one: Extension(one.integer(2), one.opaque(2)), MAX_EXTENSIONS)
    kinds = [one.kind for one in found]
    if kinds != sorted(set(kinds)) or 0 in kinds:
        raise MalformedMessage(f"{reader.what}: extensions out of order, twice or of kind 0")
    return tuple(found)


@dataclass(frozen=True)
class ReportMetadata:
    """What all may know of a report. ``time`` counts the task's ``time_precision`` since 1970."""

    report_id: bytes
    time: int
    public_extensions: tuple[Extension, ...] = ()

    def encode(self) -> bytes:
        """Its bytes."""
        return (
            exactly("report id", self.report_id, REPORT_ID_SIZE)
            + integer(self.time, 8)
            + encode_extensions(self.public_extensions)
        )

    @classmethod
    def read(cls, reader: Reader) -> "ReportMetadata":
        """Raises ``MalformedMessage``."""
        return cls(reader.take(REPORT_ID_SIZE), reader.integer(8), read_extensions(reader))


def _known(kinds: type[E], reader: Reader) -> E:
    number = reader.integer(1)
    try:
        return kinds(number)
    except ValueError:
        raise MalformedMessage(f"{reader.what}: {number} is no {kinds.__name__}") from None
