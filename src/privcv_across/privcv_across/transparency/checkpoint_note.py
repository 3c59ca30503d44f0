# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of a log (c2sp.org/tlog-checkpoint) and witnesses' cosignatures (tlog-cosignature).

A checkpoint of a log states the size and root of its tree. It is another thing than the checkpoint
of an audit log, which states where chains stood.
"""

from dataclasses import dataclass

from privcv_across.errors import LogError
from privcv_across.transparency.merkle_tree import EMPTY_ROOT, HASH_SIZE
from privcv_across.transparency.signed_note import (
    COSIGNATURE_KEY,
    LOG_KEY,
    NoteKey,
    NoteSignature,
    SignedNote,
    base64_bytes,
    base64_text,
)
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey, VerifyKey

LATEST_TIME = 2**63 - 1


@dataclass(frozen=True)
class TreeHead:
    """The log ``origin`` has ``size`` entries, whose tree has this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "TreeHead":
        """Raises ``LogError``, also for extension lines, which no log of ours writes."""
        lines = text.split("\n")
        if len(lines) != 4 or not lines[0] or lines[3]:
            raise LogError("checkpoint: must be the three lines origin, size and root")
        found = cls(lines[0], parse_number(lines[1]), base64_bytes(lines[2]))
        if len(found.root) != HASH_SIZE or (found.size == 0 and found.root != EMPTY_ROOT):
            raise LogError("checkpoint: its root is no hash, or not that of an empty log")
        return found


def parse_number(text: str) -> int:
    """A number in its one decimal spelling, below 2**63; raises ``LogError``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and str(int(text)) == text):
        raise LogError("checkpoint: a number is not written in decimal digits")
    if int(text) > LATEST_TIME:
        raise LogError("checkpoint: a number is too large")
    return int(text)


def sign_head(head: TreeHead, key: SigningKey) -> SignedNote:
    """The checkpoint with the signature of its log, whose name is the origin."""
    signer = NoteKey.of(head.origin, LOG_KEY, key)
    signature = base64url.decode(key.sign(head.text().encode()))
    return SignedNote(head.text(), (NoteSignature(signer.name, signer.key_id, signature),))


def check_head(note: SignedNote, log: NoteKey) -> TreeHead:
    """The head that ``log`` signed.

    Raises ``LogError`` where it did not, or one signature that says it is the log's is not.
    """
    head = TreeHead.parse(note.text)
    if log.kind != LOG_KEY or head.origin != log.name:
        raise LogError(f"checkpoint: is of the log {head.origin}, not {log.name}")
    by_the_log = [one for one in note.signatures if one.is_by(log)]
    key = VerifyKey("Ed25519", log.public_key)
    if not by_the_log or not all(
        key.verify(one.signature, note.text.encode()) for one in by_the_log
    ):
        raise LogError(f"checkpoint: is not signed by the log {log.name}")
    return head


def cosign(note: SignedNote, name: str, key: SigningKey, time: int) -> NoteSignature:
    """A witness's cosignature/v1 at ``time`` (seconds since 1970). It checks nothing."""
    if not 0 < time <= LATEST_TIME:
        raise LogError(f"cosignature: {time} is no time")
    signer = NoteKey.of(name, COSIGNATURE_KEY, key)
    signature = base64url.decode(key.sign(_cosigned(note.text, time)))
    return NoteSignature(name, signer.key_id, time.to_bytes(8, "big") + signature)


def cosigned_at(note: SignedNote, witness: NoteKey) -> int | None:
    """When ``witness`` cosigned, seconds since 1970; ``None`` where it did not, or the line that
    says so is false."""
    key = VerifyKey("Ed25519", witness.public_key)
    for one in note.signatures:
        if one.is_by(witness) and witness.kind == COSIGNATURE_KEY and len(one.signature) == 72:
            time = int.from_bytes(one.signature[:8], "big")
            if 0 < time <= LATEST_TIME and key.verify(
                one.signature[8:], _cosigned(note.text, time)
            ):
                return time
    return None


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
