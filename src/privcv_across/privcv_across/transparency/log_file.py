# SPDX-License-Identifier: Apache-2.0
"""A log in a folder: ``entries``, a line of canonical JSON each, and ``checkpoint``.

An entry is on the disk before a checkpoint states it, and a checkpoint is before it leaves. A log
that was put back from an older copy, cut or changed no longer fits its checkpoint and is not
continued: it would show two histories.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import TreeHead, check_head, sign_head
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.merkle_tree import MerkleTree
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import LOG_KEY, NoteKey, NoteSignature, SignedNote
from privcv_across.transparency.witness import AddCheckpoint
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.held_lock import hold
from privcv_core.files.regular_file import open_to_append, open_to_read, read_regular
from privcv_core.protocol.signing import SigningKey

ENTRIES, CHECKPOINT = "entries", "checkpoint"
_LONGEST = 1024
"""Bytes of a line."""


class LogWriter:
    """The one writer of a log; ``close`` it. Raises ``LogError`` for one that cannot go on."""

    def __init__(self, folder: Path, origin: str, key: SigningKey) -> None:
        self._folder, self._origin, self._key = folder, origin, key
        self.public_key = NoteKey.of(origin, LOG_KEY, key)
        try:
            self._held = hold(folder / ENTRIES)
        except OSError as error:
            raise LogError(f"{folder}: is in use, or cannot be locked: {error.strerror}") from error
        try:
            _drop_torn_line(folder / ENTRIES)
            self._tree, _ = _read_entries(folder / ENTRIES)
            self._file = open_to_append(folder / ENTRIES, 0o600)
            self._note = self._kept()
        except BaseException:
            os.close(self._held)
            raise

    def __len__(self) -> int:
        """How many entries it has, whether a checkpoint states them or not."""
        return len(self._tree)

    def append(self, entries: Iterable[LogEntry]) -> int:
        """The number of the first of ``entries``; all are on the disk when it returns."""
        first = len(self._tree)
        for entry in entries:
            self._file.write(entry.encode() + b"\n")
            self._tree.append(entry.leaf)
        self._file.flush()
        os.fsync(self._file.fileno())
        return first

    @property
    def newest(self) -> SignedNote:
        """The checkpoint that was made last, with what witnesses cosigned of it."""
        return self._note

    def checkpoint(self) -> SignedNote:
        """The checkpoint of all entries, with what witnesses cosigned of it already."""
        if TreeHead.parse(self._note.text).size != len(self._tree):
            self._keep(
                sign_head(TreeHead(self._origin, len(self._tree), self._tree.root()), self._key)
            )
        return self._note

    def request_to_witness(self, old_size: int) -> AddCheckpoint:
        """What to ask a witness that cosigned ``old_size`` entries last."""
        proof = self._tree.consistency_proof(old_size, TreeHead.parse(self._note.text).size)
        return AddCheckpoint(old_size, tuple(proof), self._note)

    def add_cosignature(self, cosignature: NoteSignature) -> None:
        """Keep a witness's cosignature with the checkpoint, in the place of an older one of it."""
        others = (
            one
            for one in self._note.signatures
            if (one.name, one.key_id) != (cosignature.name, cosignature.key_id)
        )
        self._keep(SignedNote(self._note.text, (*others, cosignature)))

    def prove(self, index: int) -> LogProof:
        """That entry ``index`` is under the checkpoint."""
        size = TreeHead.parse(self._note.text).size
        return LogProof(index, tuple(self._tree.inclusion_proof(index, size)), self._note)

    def close(self) -> None:
        """Let the log go."""
        self._file.close()
        os.close(self._held)

    def _kept(self) -> SignedNote:
        path = self._folder / CHECKPOINT
        try:
            note = SignedNote.decode(read_regular(path))
        except FileNotFoundError:
            return sign_head(TreeHead(self._origin, 0, MerkleTree().root()), self._key)
        _check_tree(path, check_head(note, self.public_key), self._tree)
        return note

    def _keep(self, note: SignedNote) -> None:
        write_atomically(self._folder / CHECKPOINT, note.encode(), mode=0o600)
        self._note = note


def verify_log(folder: Path, policy: Policy) -> tuple[TreeHead, list[LogEntry]]:
    """(head, entries) of a copy of a log, all of it read and hashed again, under ``policy``.

    Entries after the checkpoint are left out. Raises ``LogError``.
    """
    _, head, _, entries = _verified(folder, policy)
    return head, entries[: head.size]


def prove_copy(folder: Path, policy: Policy, subject: str) -> tuple[LogEntry, LogProof]:
    """The newest entry of ``subject`` in a copy of a log, and its proof; verified before.

    Raises ``LogError``, also where there is none.
    """
    note, head, tree, entries = _verified(folder, policy)
    for index in range(head.size - 1, -1, -1):
        if entries[index].subject == subject:
            hashes = tuple(tree.inclusion_proof(index, head.size))
            return entries[index], LogProof(index, hashes, note)
    raise LogError(f"{folder}: has no entry of {subject} under its checkpoint")


def _verified(
    folder: Path, policy: Policy
) -> tuple[SignedNote, TreeHead, MerkleTree, list[LogEntry]]:
    try:
        note = SignedNote.decode(read_regular(folder / CHECKPOINT))
        tree, entries = _read_entries(folder / ENTRIES)
    except OSError as error:
        raise LogError(f"{folder}: cannot be read: {error.strerror}") from error
    head = policy.check(note)
    _check_tree(folder / CHECKPOINT, head, tree)
    return note, head, tree, entries


def _check_tree(path: Path, head: TreeHead, tree: MerkleTree) -> None:
    if head.size > len(tree) or tree.root(head.size) != head.root:
        raise LogError(
            f"{path}: states {head.size} entries that are not those of the log: it was cut, "
            "changed or put back from an older copy; put back the newest one"
        )


def _read_entries(path: Path) -> tuple[MerkleTree, list[LogEntry]]:
    tree, entries = MerkleTree(), list[LogEntry]()
    try:
        with open_to_read(path) as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST), b""), start=1):
                if not line.endswith(b"\n") and len(line) < _LONGEST:
                    break  # being written, or torn by a crash: no checkpoint states it
                try:
                    entry = LogEntry.decode(line.removesuffix(b"\n"))
                except LogError as error:
                    raise LogError(f"{path}:{number}: {error}") from error
                tree.append(entry.leaf)
                entries.append(entry)
    except FileNotFoundError:
        pass
    return tree, entries


def _drop_torn_line(path: Path) -> None:
    """Cut what a crash left half written: no checkpoint stated it, or it does not fit any more."""
    try:
        with open_to_read(path) as file:
            whole = file.read()
    except FileNotFoundError:
        return
    if whole and not whole.endswith(b"\n"):
        write_atomically(path, whole[: whole.rfind(b"\n") + 1], mode=0o600)
