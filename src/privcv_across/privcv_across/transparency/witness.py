# SPDX-License-Identifier: Apache-2.0
"""A witness (c2sp.org/tlog-witness): it cosigns a log's checkpoint if it goes on from the last one.

An honest witness therefore never cosigns two histories. What it kept is on the disk before its
signature leaves, and two checkpoints that contradict each other are kept as evidence.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock

from privcv_across.errors import LogError, SplitView
from privcv_across.transparency.checkpoint_note import (
    TreeHead,
    check_head,
    cosign,
    parse_number,
)
from privcv_across.transparency.merkle_tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    MOST_HASHES,
    check_consistency,
)
from privcv_across.transparency.signed_note import (
    NoteKey,
    NoteSignature,
    SignedNote,
    base64_bytes,
    base64_text,
)
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.held_lock import hold
from privcv_core.files.regular_file import read_regular
from privcv_core.protocol.signing import SigningKey


@dataclass(frozen=True)
class AddCheckpoint:
    """The request to a witness: the size it cosigned last, the proof from there, the checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: SignedNote

    def encode(self) -> bytes:
        """Its bytes."""
        lines = "".join(f"{base64_text(step)}\n" for step in self.proof)
        return f"old {self.old_size}\n{lines}\n".encode() + self.note.encode()

    @classmethod
    def decode(cls, content: bytes) -> "AddCheckpoint":
        """Raises ``LogError``."""
        head, separator, rest = content.partition(b"\n\n")
        lines = head.decode("ascii", "replace").split("\n")
        if not separator or not lines[0].startswith("old ") or len(lines) > 1 + MOST_HASHES:
            raise LogError("request to a witness: must be 'old', a size, hashes and a checkpoint")
        proof = tuple(base64_bytes(line) for line in lines[1:])
        if any(len(step) != HASH_SIZE for step in proof):
            raise LogError("request to a witness: a line of its proof is no hash")
        return cls(parse_number(lines[0].removeprefix("old ")), proof, SignedNote.decode(rest))


class WrongOldSize(LogError):
    """The request goes on from another size than the one that was cosigned last, ``size``."""

    def __init__(self, size: int) -> None:
        super().__init__(f"witness: cosigned {size} entries last")
        self.size = size


class WitnessStateError(LogError):
    """What the witness cosigned last is in use, or cannot be read: it cosigns nothing."""


class Witness:
    """One witness, for the logs that it knows; its state is a file in ``folder`` for each."""

    def __init__(
        self, name: str, key: SigningKey, logs: Mapping[str, NoteKey], folder: Path
    ) -> None:
        self.logs = logs
        self._name, self._key, self._folder = name, key, folder
        self._lock = Lock()

    def add_checkpoint(self, request: AddCheckpoint, time: int) -> NoteSignature:
        """The cosignature at ``time`` (seconds since 1970).

        Raises ``LogError`` for a log that is not known or did not sign, ``WrongOldSize``, and
        ``SplitView`` where the log signed what does not go on from what it signed before.
        """
        origin = TreeHead.parse(request.note.text).origin
        if origin not in self.logs:
            raise LogError(f"witness: does not know the log {origin}")
        head = check_head(request.note, self.logs[origin])
        if request.old_size > head.size:
            raise LogError("witness: the old size is larger than the checkpoint's")
        path = self._folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"
        with self._lock, _held(path):
            last = self._last(path, origin)
            if request.old_size != last.size:
                raise WrongOldSize(last.size)
            try:
                check_consistency(last.size, last.root, head.size, head.root, list(request.proof))
            except LogError as error:
                # Two roots of one size prove it; a proof that fails may be the sender's mistake.
                if last.size == head.size and last.root != head.root:
                    raise self._split_view(path, request.note) from error
                raise
            write_atomically(path, request.note.encode(), mode=0o600)
            return cosign(request.note, self._name, self._key, time)

    def _last(self, path: Path, origin: str) -> TreeHead:
        """What was cosigned last. What cannot be read may not be forgotten: ``LogError``."""
        try:
            content = read_regular(path)
        except FileNotFoundError:
            return TreeHead(origin, 0, EMPTY_ROOT)
        except OSError as error:
            raise WitnessStateError(f"{path}: cannot be read: {error.strerror}") from error
        try:
            return check_head(SignedNote.decode(content), self.logs[origin])
        except LogError as error:
            raise WitnessStateError(
                f"{path}: is not what was cosigned last ({error}); put back a copy that is not "
                "older, or begin anew as another witness"
            ) from error

    def _split_view(self, path: Path, second: SignedNote) -> SplitView:
        """Keep the second checkpoint beside the first, whole: it is the proof."""
        beside = path.with_suffix(".contradiction")
        write_atomically(beside, second.encode(), mode=0o600)
        return SplitView(
            f"witness: the log signed two histories of one size; they are {path} and {beside}"
        )


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """One process at a time looks at what was cosigned last and writes what comes after it."""
    try:
        held = hold(path)
    except OSError as error:
        raise WitnessStateError(
            f"{path}: is in use, or cannot be locked: {error.strerror}"
        ) from error
    try:
        yield
    finally:
        os.close(held)
