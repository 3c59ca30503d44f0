# SPDX-License-Identifier: Apache-2.0
"""A log that shows two histories is found by one honest witness; what is kept outlives crashes."""

from pathlib import Path

import pytest

from privcv_across.errors import LogError, SplitView
from privcv_across.transparency.checkpoint_note import (
    TreeHead,
    check_head,
    cosigned_at,
    sign_head,
)
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_file import CHECKPOINT, ENTRIES, LogWriter, verify_log
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.merkle_tree import MerkleTree
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import (
    COSIGNATURE_KEY,
    LOG_KEY,
    NoteKey,
    NoteSignature,
    SignedNote,
)
from privcv_across.transparency.witness import AddCheckpoint, Witness, WrongOldSize
from privcv_core.protocol.signing import SigningKey

LOG = SigningKey("Ed25519", bytes([1]) * 32)
ORIGIN = "log.example/across"
LOG_VKEY = NoteKey.of(ORIGIN, LOG_KEY, LOG)
NOW = 1_700_000_000


def witness_key(number: int) -> SigningKey:
    return SigningKey("Ed25519", bytes([10 + number]) * 32)


def witness(folder: Path, number: int = 0) -> Witness:
    return Witness(f"w{number}", witness_key(number), {ORIGIN: LOG_VKEY}, folder / f"w{number}")


def vkey(number: int) -> NoteKey:
    return NoteKey.of(f"w{number}", COSIGNATURE_KEY, witness_key(number))


def policy(threshold: int = 1, witnesses: int = 1) -> Policy:
    names = [f"w{number}" for number in range(witnesses)]
    lines = [f"witness {name} {vkey(number).encode()}" for number, name in enumerate(names)]
    group = f"group g {threshold} {' '.join(names)}"
    return Policy.parse("\n".join([f"log {LOG_VKEY.encode()}", *lines, group, "quorum g"]))


def entry(number: int, kind: str = "task") -> LogEntry:
    return LogEntry(kind, f"task-{number}", f"{number:064x}")


class History:
    """A log as its operator holds it in memory, who may hold several of the same name."""

    def __init__(self, *numbers: int) -> None:
        self.tree, self.entries = MerkleTree(), [entry(number) for number in numbers]
        for one in self.entries:
            self.tree.append(one.leaf)

    def request(self, old: int, size: int | None = None) -> AddCheckpoint:
        size = len(self.tree) if size is None else size
        note = sign_head(TreeHead(ORIGIN, size, self.tree.root(size)), LOG)
        return AddCheckpoint(old, tuple(self.tree.consistency_proof(old, size)), note)


def added(note: SignedNote, *cosignatures: NoteSignature) -> SignedNote:
    return SignedNote(note.text, (*note.signatures, *cosignatures))


def test_a_witness_cosigns_what_goes_on_from_what_it_cosigned(tmp_path: Path) -> None:
    history, ours = History(*range(9)), witness(tmp_path)
    before = 0
    for size in (0, 1, 1, 4, 7, 9):
        request = AddCheckpoint.decode(history.request(before, size).encode())
        cosignature = ours.add_checkpoint(request, NOW + size)
        assert cosigned_at(added(request.note, cosignature), vkey(0)) == NOW + size
        before = size


def test_a_split_view_of_one_size_is_found_and_both_checkpoints_are_kept(tmp_path: Path) -> None:
    ours = witness(tmp_path)
    ours.add_checkpoint(History(1, 2, 3).request(0), NOW)
    with pytest.raises(SplitView, match="two histories") as found:
        ours.add_checkpoint(History(1, 2, 4).request(3), NOW)
    kept = [SignedNote.decode(path.read_bytes()) for path in (tmp_path / "w0").iterdir()
            if path.suffix in (".checkpoint", ".contradiction")]  # fmt: skip
    heads = [check_head(note, LOG_VKEY) for note in kept]  # the log's own signatures: the proof
    assert len({head.root for head in heads}) == 2
    assert {head.size for head in heads} == {3}
    assert str(tmp_path) in str(found.value)


def test_a_fork_of_another_size_is_not_cosigned(tmp_path: Path) -> None:
    ours = witness(tmp_path)
    ours.add_checkpoint(History(1, 2, 3).request(0), NOW)
    for fork in (History(1, 2, 4, 5), History(9, 2, 3, 4, 5, 6)):
        with pytest.raises(LogError):
            ours.add_checkpoint(fork.request(3), NOW)
    ours.add_checkpoint(History(1, 2, 3, 4).request(3), NOW)


def test_nobody_can_make_it_forget(tmp_path: Path) -> None:
    witness(tmp_path).add_checkpoint(History(1, 2, 3).request(0), NOW)
    again = witness(tmp_path)  # after a restart
    for old in (0, 2):
        with pytest.raises(WrongOldSize) as refused:
            again.add_checkpoint(History(1, 2, 4).request(old), NOW)
        assert refused.value.size == 3
    with pytest.raises(LogError):  # older than what was cosigned
        again.add_checkpoint(AddCheckpoint(3, (), History(1, 2).request(2).note), NOW)
    (state,) = (tmp_path / "w0").glob("*.checkpoint")
    whole = state.read_bytes()
    for damage in (b"", whole[:-5], whole.replace(b"\n3\n", b"\n2\n")):
        state.write_bytes(damage)
        with pytest.raises(LogError, match="is not what was cosigned last"):
            again.add_checkpoint(History(1, 2, 3, 4).request(3), NOW)
    state.write_bytes(whole)
    again.add_checkpoint(History(1, 2, 3, 4).request(3), NOW)


def test_what_could_not_be_kept_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = witness(tmp_path)

    def full(path: Path, content: bytes, *, mode: int) -> None:
        raise LogError(f"{path}: no room")

    with monkeypatch.context() as patched:
        patched.setattr("privcv_across.transparency.witness.write_atomically", full)
        with pytest.raises(LogError, match="no room"):
            ours.add_checkpoint(History(1).request(0), NOW)
    ours.add_checkpoint(History(2).request(0), NOW)  # it is bound by nothing


def test_a_log_that_is_not_known_or_did_not_sign_is_refused(tmp_path: Path) -> None:
    ours, stranger = witness(tmp_path), SigningKey("Ed25519", bytes([7]) * 32)
    root = MerkleTree().root()
    other = sign_head(TreeHead("other.example", 0, root), LOG)
    forged = sign_head(TreeHead(ORIGIN, 0, root), stranger)
    for note, why in ((other, "does not know"), (forged, "not signed")):
        with pytest.raises(LogError, match=why):
            ours.add_checkpoint(AddCheckpoint(0, (), note), NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: b"",
        lambda whole: whole.replace(b"old 2", b"old 02", 1),
        lambda whole: whole.replace(b"old 2", b"new 2", 1),
        lambda whole: whole.replace(b"old 2\n", b"old 2\nAAAA\n", 1),
        lambda whole: whole.replace(b"old 2\n", b"old 2\nnot base64\n", 1),
        lambda whole: whole.replace(b"old 2\n", b"old 2\n" + (b"A" * 43 + b"=\n") * 64, 1),
        lambda whole: whole.replace(b"\n\n", b"\n", 1),
    ],
)
def test_what_is_no_request_is_refused(change) -> None:
    whole = History(1, 2, 3).request(2).encode()
    assert AddCheckpoint.decode(whole).encode() == whole
    with pytest.raises(LogError):
        AddCheckpoint.decode(change(whole))


def test_five_members_are_each_others_witnesses(tmp_path: Path) -> None:
    """A network of equals needs nothing more: with three of five, two histories that are both
    believed would need a member that cosigned both."""
    members = [witness(tmp_path, number) for number in range(5)]
    one, other = History(1, 2, 3), History(1, 2, 4)
    shown = {number: one if number < 3 else other for number in range(5)}
    notes = {}
    for history in (one, other):
        note = history.request(0).note
        signed = [
            members[number].add_checkpoint(history.request(0), NOW)
            for number in range(5)
            if shown[number] is history
        ]
        notes[history] = added(note, *signed)
    assert policy(3, 5).check(notes[one]).size == 3
    with pytest.raises(LogError, match="quorum"):
        policy(3, 5).check(notes[other])
    with pytest.raises(SplitView):  # and the first that compares finds both
        members[0].add_checkpoint(other.request(3), NOW)


def test_a_log_is_written_cosigned_proved_and_verified(tmp_path: Path) -> None:
    log, ours = LogWriter(tmp_path / "log", ORIGIN, LOG), witness(tmp_path)
    old = 0
    for first in (0, 5):
        log.append(entry(number) for number in range(first, first + 5))
        log.checkpoint()
        log.add_cosignature(ours.add_checkpoint(log.request_to_witness(old), NOW + first))
        old = first + 5
    for number in range(10):
        proof = LogProof.decode(log.prove(number).encode())
        assert proof.check(entry(number), policy()).size == 10
        with pytest.raises(LogError, match="not in the log"):
            proof.check(entry(number + 1), policy())
    assert len(log.checkpoint().signatures) == 2
    log.append([entry(99)])  # no checkpoint states it yet
    log.close()
    head, entries = verify_log(tmp_path / "log", policy())
    assert (head.size, entries) == (10, [entry(number) for number in range(10)])


def test_a_log_goes_on_after_a_crash_and_not_after_it_was_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = LogWriter(folder, ORIGIN, LOG)
    log.append([entry(1), entry(2)])
    older = (folder / ENTRIES).read_bytes()
    log.append([entry(3)])
    first = log.checkpoint()
    with pytest.raises(LogError, match="in use"):
        LogWriter(folder, ORIGIN, LOG)
    log.close()

    whole = (folder / ENTRIES).read_bytes()
    (folder / ENTRIES).write_bytes(whole + entry(4).encode()[:20])
    log = LogWriter(folder, ORIGIN, LOG)
    assert log.checkpoint() == first
    assert log.append([entry(5)]) == 3
    log.close()
    assert (folder / ENTRIES).read_bytes() == whole + entry(5).encode() + b"\n"

    for damaged in (older, whole.replace(b"task-1", b"task-9"), older[:-1]):
        (folder / ENTRIES).write_bytes(damaged)
        with pytest.raises(LogError, match="put back"):
            LogWriter(folder, ORIGIN, LOG)
    (folder / ENTRIES).write_bytes(b"x" * 5000 + b"\n" + whole)
    with pytest.raises(LogError, match=r"entries:1: log entry"):
        LogWriter(folder, ORIGIN, LOG)
    (folder / ENTRIES).write_bytes(whole)
    other = sign_head(TreeHead(ORIGIN, 0, MerkleTree().root()), SigningKey.generate())
    (folder / CHECKPOINT).write_bytes(other.encode())
    with pytest.raises(LogError, match="not signed by the log"):
        LogWriter(folder, ORIGIN, LOG)


def test_a_copy_that_was_changed_is_not_verified(tmp_path: Path) -> None:
    log = LogWriter(tmp_path / "log", ORIGIN, LOG)
    log.append(entry(number) for number in range(4))
    log.checkpoint()
    log.close()
    believed = Policy.parse(f"log {LOG_VKEY.encode()}\nquorum none")
    assert len(verify_log(tmp_path / "log", believed)[1]) == 4
    with pytest.raises(LogError, match="quorum"):
        verify_log(tmp_path / "log", policy())
    entries = tmp_path / "log" / ENTRIES
    entries.write_bytes(entries.read_bytes().replace(b"task-2", b"task-7"))
    with pytest.raises(LogError, match="not those of the log"):
        verify_log(tmp_path / "log", believed)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b'{"digest":1,"kind":"task","subject":"a","v":1}',
        entry(1).encode().replace(b'"v":1', b'"v":2'), entry(1).encode() + b" ",
        entry(1).encode().replace(b"task-1", b"task 1"), entry(1).encode().replace(b"0001", b"001"),
        entry(1, "model").encode().replace(b"model", b"value"),
        b'{"count":7,' + entry(1).encode()[1:],
    ],
)  # fmt: skip
def test_an_entry_says_what_was_and_holds_no_value(content: bytes) -> None:
    assert LogEntry.decode(entry(1).encode()) == entry(1)
    with pytest.raises(LogError):
        LogEntry.decode(content)


@pytest.mark.parametrize("cut", [b"c2sp", b"index 3", b"AAAA"])
def test_what_is_no_proof_is_refused(tmp_path: Path, cut: bytes) -> None:
    log = LogWriter(tmp_path / "log", ORIGIN, LOG)
    log.append(entry(number) for number in range(4))
    log.checkpoint()
    whole = log.prove(3).encode()
    log.close()
    assert len(whole) <= 1024
    changed = (
        whole.replace(b"\n\n", b"\nAAAA\n\n", 1) if cut == b"AAAA" else whole.replace(cut, b"")
    )
    with pytest.raises(LogError):
        LogProof.decode(changed)
