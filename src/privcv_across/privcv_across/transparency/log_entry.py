# SPDX-License-Identifier: Apache-2.0
"""What stands in a log: that something was, and its digest. Never a value."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from privcv_across.errors import LogError
from privcv_across.transparency.merkle_tree import leaf_hash
from privcv_core.protocol.canonical_json import canonical, read_canonical
from privcv_core.protocol.errors import EnvelopeError

Kind = Literal["task", "release", "close", "roster", "model", "audit_head"]
"""A task before its use; a release of a device; a window that was closed; a change of roster; a
model; the head of an audit log."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}")
_MEMBERS = {"digest", "kind", "subject", "v"}


@dataclass(frozen=True)
class LogEntry:
    """``subject`` says whose: a task's id, a device's; ``digest`` is SHA-256 of what it was."""

    kind: Kind
    subject: str
    digest: str

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise LogError(f"log entry: kind is one of {', '.join(get_args(Kind))}")
        if not _SUBJECT.fullmatch(self.subject) or not _DIGEST.fullmatch(self.digest):
            raise LogError(
                "log entry: subject is 1 to 128 ASCII characters without spaces, digest 64 "
                "hexadecimal digits"
            )

    def encode(self) -> bytes:
        """Canonical JSON, which is what is hashed."""
        content = {"digest": self.digest, "kind": self.kind, "subject": self.subject, "v": 1}
        return canonical(content)

    @classmethod
    def decode(cls, content: bytes) -> "LogEntry":
        """Raises ``LogError``."""
        try:
            found = read_canonical(content)
        except EnvelopeError as error:
            raise LogError(f"log entry: {error}") from error
        if set(found) != _MEMBERS or found["v"] != 1:
            raise LogError("log entry: has the members digest, kind, subject and v (= 1)")
        if not all(isinstance(found[name], str) for name in ("digest", "kind", "subject")):
            raise LogError("log entry: digest, kind and subject are text")
        return cls(found["kind"], found["subject"], found["digest"])

    @property
    def leaf(self) -> bytes:
        """Its hash in the tree."""
        return leaf_hash(self.encode())
