# SPDX-License-Identifier: Apache-2.0
"""What the outbox knows beside its rows: counters, the plan, a version; and a row's digest."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from privcv_uplink.errors import UplinkError

VERSION = 1


class Planned(NamedTuple):
    """A batch as it was written down: its releases, and what else is in its signed bytes."""

    first: int
    last: int
    at: int  # unix time
    dropped: int


@dataclass(frozen=True)
class State:
    """Counters, and the plan: which releases leave in which batch.

    ``plan`` holds the batches that are, or are about to be, on their way; the first of them has
    the number ``first_batch``. ``held`` counts the rows up to ``accepted_through``, so that what a
    rescue could not read is known to be gone; None in a file from before it was counted.
    ``refused_in_a_row``: batches that the collector refused for good since it last took one.
    """

    accepted_through: int = 0
    delivered: int = 0
    dropped: int = 0
    quarantined: int = 0
    missing: int = 0
    running_s: int = 0
    first_batch: int = 1
    plan: tuple[Planned, ...] = ()
    held: int | None = None
    refused_in_a_row: int = 0

    @property
    def given_up(self) -> int:
        """Releases that will not be delivered, for whatever reason: ``dropped`` to others."""
        return self.dropped + self.quarantined + self.missing

    @classmethod
    def read(cls, content: bytes) -> "State":
        """What ``write`` wrote, also when all batches of a plan shared one time."""
        fields = json.loads(content)
        shared = fields.pop("planned_at", 0), fields.pop("planned_dropped", 0)
        fields["plan"] = tuple(Planned(*[*batch, *shared][:4]) for batch in fields["plan"])
        return cls(**fields)

    def write(self) -> bytes:
        """This state as JSON."""
        return json.dumps(vars(self), separators=(",", ":")).encode()


def check_version(path: Path, state: bytes) -> None:
    """Refuse an outbox of a later version, whose rows may mean something else.

    The state of version 1 does not say its version: 0.1.0 reads no field that it does not know.
    """
    version = json.loads(state).get("version", VERSION)
    if version != VERSION:
        raise UplinkError(
            f"{path}: the outbox has format {version}, this program knows {VERSION}: use the "
            "program that wrote it, until it is empty"
        )


def digest(sequence: int, payload: bytes) -> bytes:
    """16 bytes that tell whether a row still holds what was written under its number."""
    return hashlib.sha256(sequence.to_bytes(8, "big") + payload).digest()[:16]


def is_whole(sequence: int, payload: object, expected: object) -> bool:
    """Whether a row is as it was written, its number included."""
    if not isinstance(payload, bytes) or sequence <= 0:
        return False
    return digest(sequence, payload) == expected
