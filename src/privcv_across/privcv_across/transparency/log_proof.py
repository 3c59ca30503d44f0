# SPDX-License-Identifier: Apache-2.0
"""Proof that an entry is in a log, for who is offline (c2sp.org/tlog-proof)."""

from dataclasses import dataclass

from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import TreeHead, parse_number
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.merkle_tree import HASH_SIZE, MOST_HASHES, check_inclusion
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import SignedNote, base64_bytes, base64_text

_FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class LogProof:
    """The entry's number, the hashes beside it up to the root, and the checkpoint of that root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: SignedNote

    def encode(self) -> bytes:
        """Its bytes."""
        lines = "".join(f"{base64_text(one)}\n" for one in self.hashes)
        head = f"{_FIRST_LINE}\nindex {self.index}\n{lines}\n"
        return head.encode() + self.checkpoint.encode()

    @classmethod
    def decode(cls, content: bytes) -> "LogProof":
        """Raises ``LogError``."""
        head, separator, rest = content.partition(b"\n\n")
        lines = head.decode("ascii", "replace").split("\n")
        if not separator or len(lines) < 2 or lines[0] != _FIRST_LINE:
            raise LogError(f"proof: must begin with '{_FIRST_LINE}', and end with a checkpoint")
        if not lines[1].startswith("index ") or len(lines) > 2 + MOST_HASHES:
            raise LogError("proof: must have a line 'index', and at most 63 hashes after it")
        hashes = tuple(base64_bytes(line) for line in lines[2:])
        if any(len(one) != HASH_SIZE for one in hashes):
            raise LogError("proof: a line is no hash")
        return cls(parse_number(lines[1].removeprefix("index ")), hashes, SignedNote.decode(rest))

    def check(self, entry: LogEntry, policy: Policy) -> TreeHead:
        """The head of the log that holds ``entry`` and that ``policy`` believes: ``LogError``."""
        head = policy.check(self.checkpoint)
        check_inclusion(entry.leaf, self.index, head.size, head.root, list(self.hashes))
        return head
