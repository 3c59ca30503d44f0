# SPDX-License-Identifier: Apache-2.0
"""One entry of an audit log: a line of canonical JSON (RFC 8785) that names the one before it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import rfc8785

from privcv_core.audit.events import Fact
from privcv_core.errors import PrivcvError
from privcv_core.files.bounded_parse import parse_json

GENESIS = "0" * 64
"""What the first entry of a chain names as the hash of the one before it."""

VERSION = 1
"""Of the log: what the first entry of a chain, ``log.opened``, says."""

CHAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62}){0,3}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MEMBERS = {"chain", "event", "facts", "hash", "previous", "sequence", "time"}
_MEMBERS_SINCE = {*_MEMBERS, "running_s"}  # entries of 0.1.0 have no running time


class AuditLogError(PrivcvError):
    """The audit log cannot be written or is not what it was: processing must stop."""


@dataclass(frozen=True)
class Head:
    """Where a chain ends: the number and the hash of its last entry; 0 and zeros when empty."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Entry:
    """One event. ``hash`` is SHA-256 over the canonical JSON of all other members.

    ``time`` is what the wall clock said (RFC 3339); ``running_s`` for how long the chain's writers
    had run by then, s, which no setting of a clock changes. ``None`` in entries of 0.1.0.
    """

    chain: str
    sequence: int
    time: str
    event: str
    facts: Mapping[str, Fact]
    previous: str
    hash: str
    running_s: int | None = None

    @property
    def head(self) -> Head:
        """The chain's head once this entry is its last."""
        return Head(self.sequence, self.hash)

    @property
    def reference(self) -> str:
        """How a document points at this entry: ``chain#sequence@first digits of the hash``."""
        return f"{self.chain}#{self.sequence}@{self.hash[:12]}"

    def line(self) -> bytes:
        """The entry as it stands in the file, with its line end."""
        return rfc8785.dumps({**self._content(), "hash": self.hash}) + b"\n"

    def _content(self) -> dict[str, Any]:
        content = {
            "chain": self.chain,
            "event": self.event,
            "facts": dict(self.facts),
            "previous": self.previous,
            "sequence": self.sequence,
            "time": self.time,
        }
        return content if self.running_s is None else {**content, "running_s": self.running_s}


def make_entry(
    chain: str,
    after: Head,
    time: str,
    event: str,
    facts: Mapping[str, Fact],
    running_s: int | None = None,
) -> Entry:
    """The entry that follows ``after``."""
    bare = Entry(chain, after.sequence + 1, time, event, facts, after.hash, "", running_s)
    digest = hashlib.sha256(rfc8785.dumps(bare._content())).hexdigest()
    return replace(bare, hash=digest)


def read_entry(line: bytes) -> Entry:
    """Parse one line; raises ``ValueError`` where it is not an entry or its hash does not fit."""
    try:
        content = parse_json(line)
    except ValueError as error:
        raise ValueError("is not JSON") from error
    if not isinstance(content, dict) or set(content) not in (_MEMBERS, _MEMBERS_SINCE):
        raise ValueError("does not have the members of an entry")
    if not all(type(content.get(name, 0)) is int for name in ("sequence", "running_s")):
        raise ValueError("does not have the members of an entry")
    if not isinstance(content["facts"], dict):
        raise ValueError("does not have the members of an entry")
    if not all(isinstance(fact, (str, int, float, bool)) for fact in content["facts"].values()):
        raise ValueError("has a fact that is neither text nor a number nor a bool")
    if not all(isinstance(content[name], str) for name in ("chain", "event", "time")):
        raise ValueError("does not have the members of an entry")
    if not all(_HASH.fullmatch(str(content[name])) for name in ("hash", "previous")):
        raise ValueError("does not have the members of an entry")
    entry = Entry(**content)
    if entry.event == "log.opened" and entry.facts.get("version", VERSION) != VERSION:
        raise ValueError(
            f"is of version {entry.facts.get('version')} of the log, this program knows {VERSION}"
        )
    try:
        after = Head(entry.sequence - 1, entry.previous)
        right = make_entry(
            entry.chain, after, entry.time, entry.event, entry.facts, entry.running_s
        )
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise ValueError("is not canonical JSON") from error
    if right.hash != entry.hash:
        raise ValueError("does not fit its hash")
    if entry.line() != line:
        raise ValueError("is not canonical JSON")
    return entry
