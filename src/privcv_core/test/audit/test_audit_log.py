# SPDX-License-Identifier: Apache-2.0
"""The audit log keeps what it was told, says when it was touched, and never fails quietly."""

import errno
import hashlib
import json
import os
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from privcv_core.audit.checkpoint_thread import CheckpointThread
from privcv_core.audit.checkpoints import read_checkpoints, seal_checkpoint, take_checkpoint
from privcv_core.audit.entry import AuditLogError, make_entry, read_entry
from privcv_core.audit.events import EVENTS
from privcv_core.audit.files import files_of, growing_file
from privcv_core.audit.frame_tally import FrameTally
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.protocol.person_keys import create_key

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=timezone.utc)
CHAIN = "lobby.detection"


def write(folder: Path, entries: int, **settings: int) -> None:
    """A log of ``entries`` frames entries after the opening one."""
    with AuditLog(AuditSettings(folder=folder, **settings), CHAIN) as log:
        for minute in range(entries):
            log.append("frames", camera="lobby", frames=minute, wiped=minute, seconds=60.0)


def lines(folder: Path) -> list[bytes]:
    return growing_file(folder, CHAIN).read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, content: list[bytes]) -> None:
    growing_file(folder, CHAIN).write_bytes(b"".join(content))


def forge(folder: Path, keep: int, more: int) -> None:
    """Cut the log after ``keep`` entries and append others, with hashes that fit."""
    kept = lines(folder)[:keep]
    head = read_entry(kept[-1]).head
    for number in range(more):
        entry = make_entry(CHAIN, head, "2026-11-20T21:00:00.000Z", "frames", {"frames": number})
        kept.append(entry.line())
        head = entry.head
    rewrite(folder, kept)


def test_an_untouched_log_verifies(tmp_path: Path) -> None:
    write(tmp_path, 9)
    report = verify_chain(tmp_path, CHAIN)
    assert (report.entries, report.first, report.head.sequence) == (10, 1, 10)
    assert report.problems == ()


def test_the_hash_is_sha256_of_the_sorted_json_and_links_to_the_line_before(tmp_path: Path) -> None:
    write(tmp_path, 2)
    previous = "0" * 64
    for line in lines(tmp_path):  # recomputed with the standard library only
        content = json.loads(line)
        claimed = content.pop("hash")
        plain = json.dumps(content, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(plain.replace("60.0", "60").encode()).hexdigest() == claimed
        assert content["previous"] == previous
        previous = claimed


# The five manipulations. Each of the first three shows in the log alone.


def test_an_edited_entry_is_found(tmp_path: Path) -> None:
    write(tmp_path, 9)
    content = lines(tmp_path)
    content[4] = content[4].replace(b'"frames":3', b'"frames":7')
    rewrite(tmp_path, content)
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert "edited" in problem.what
    assert problem.where == f"{CHAIN}.jsonl:5"


def test_an_edited_entry_with_a_new_hash_is_found(tmp_path: Path) -> None:
    write(tmp_path, 9)
    content = lines(tmp_path)
    old = read_entry(content[4])
    before = read_entry(content[3]).head
    content[4] = make_entry(CHAIN, before, old.time, "frames", {"frames": 7}).line()
    rewrite(tmp_path, content)
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert "entry 5 is not the one written" in problem.what


def test_a_deleted_entry_is_found(tmp_path: Path) -> None:
    write(tmp_path, 9)
    content = lines(tmp_path)
    del content[4]
    rewrite(tmp_path, content)
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert problem.what == "deleted or moved: 1 missing before 6"


def test_a_changed_order_is_found(tmp_path: Path) -> None:
    write(tmp_path, 9)
    content = lines(tmp_path)
    content[4], content[5] = content[5], content[4]
    rewrite(tmp_path, content)
    found = [problem.what for problem in verify_chain(tmp_path, CHAIN).problems]
    assert "reordered: 5 comes after 6" in found


# The last two leave a log that is whole in itself: only a checkpoint kept elsewhere shows them.


def test_a_truncated_log_is_found_against_a_kept_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, 9)
    kept = take_checkpoint(tmp_path, NOW).heads[CHAIN]
    rewrite(tmp_path, lines(tmp_path)[:6])
    assert verify_chain(tmp_path, CHAIN).problems == ()
    (problem,) = verify_chain(tmp_path, CHAIN, [kept]).problems
    assert "truncated: ends with entry 6" in problem.what


def test_truncated_and_reappended_is_found_against_a_kept_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, 9)
    kept = take_checkpoint(tmp_path, NOW).heads[CHAIN]
    forge(tmp_path, keep=6, more=8)
    assert verify_chain(tmp_path, CHAIN).problems == ()
    (problem,) = verify_chain(tmp_path, CHAIN, [kept]).problems
    assert "rewritten" in problem.what


def test_a_log_that_was_removed_is_found_against_a_kept_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, 2)
    kept = take_checkpoint(tmp_path, NOW).heads[CHAIN]
    growing_file(tmp_path, CHAIN).unlink()
    assert "truncated" in verify_chain(tmp_path, CHAIN, [kept]).problems[0].what


def test_what_came_after_the_last_checkpoint_is_not_covered(tmp_path: Path) -> None:
    """The known limit: the report says how far the checkpoints reach."""
    write(tmp_path, 4)
    kept = take_checkpoint(tmp_path, NOW).heads[CHAIN]
    write(tmp_path, 3)
    report = verify_chain(tmp_path, CHAIN, [kept])
    assert (report.covered, report.head.sequence) == (5, 8)


# Rotation.


def test_the_chain_goes_on_over_full_files(tmp_path: Path) -> None:
    write(tmp_path, 60, file_bytes=4096)
    write(tmp_path, 60, file_bytes=4096)
    assert len(files_of(tmp_path, CHAIN)) > 4
    report = verify_chain(tmp_path, CHAIN)
    assert (report.entries, report.problems) == (121, ())


def test_a_full_file_that_was_removed_is_found(tmp_path: Path) -> None:
    write(tmp_path, 120, file_bytes=4096)
    files_of(tmp_path, CHAIN)[0].unlink()
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert "without a record" in problem.what


# Fail closed.


def test_a_full_chain_refuses_every_entry(tmp_path: Path) -> None:
    settings = AuditSettings(folder=tmp_path, file_bytes=4096, chain_bytes=8192)
    log = AuditLog(settings, CHAIN)

    def fill() -> None:
        for _ in range(100):
            log.append("fault", where="test", what="x" * 200)

    with pytest.raises(AuditLogError, match="processing stops"):
        fill()
    with pytest.raises(AuditLogError):
        log.append("fault", where="test", what="again")
    log.close()
    with (
        AuditLog(settings, CHAIN) as reopened,
        pytest.raises(AuditLogError, match="chain_bytes"),
    ):
        reopened.append("fault", where="test", what="after a restart")
    assert verify_chain(tmp_path, CHAIN).problems == ()


def test_a_full_disk_refuses_and_leaves_a_log_that_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(AuditSettings(folder=tmp_path), CHAIN)
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:20]))
    with pytest.raises(AuditLogError, match="No space left"):
        log.append("frames", camera="lobby", frames=1, wiped=1, seconds=60.0)
    monkeypatch.undo()
    with pytest.raises(AuditLogError, match="closed after a failure"):
        log.append("frames", camera="lobby", frames=1, wiped=1, seconds=60.0)
    log.close()
    write(tmp_path, 1)
    events = [entry.event for entry in read_chain(tmp_path, CHAIN)]
    assert events == ["log.opened", "log.repaired", "frames"]
    assert verify_chain(tmp_path, CHAIN).problems == ()


def test_an_error_of_fsync_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    log = AuditLog(AuditSettings(folder=tmp_path), CHAIN)
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(AuditLogError, match="Input/output error"):
        log.append("frames", camera="lobby", frames=1, wiped=1, seconds=60.0)
    log.close()


@pytest.mark.parametrize("touch", ["remove", "replace", "append"])
def test_a_file_touched_under_a_running_process_stops_it(tmp_path: Path, touch: str) -> None:
    log = AuditLog(AuditSettings(folder=tmp_path), CHAIN)
    path = growing_file(tmp_path, CHAIN)
    content = path.read_bytes()
    if touch == "append":
        path.write_bytes(content + content)
    else:
        path.unlink()
        if touch == "replace":
            path.write_bytes(content)
    with pytest.raises(AuditLogError):
        log.append("frames", camera="lobby", frames=1, wiped=1, seconds=60.0)
    log.close()


def test_a_damaged_log_is_not_continued(tmp_path: Path) -> None:
    write(tmp_path, 3)
    content = lines(tmp_path)
    del content[1]
    rewrite(tmp_path, content)
    with pytest.raises(AuditLogError, match="damaged"):
        AuditLog(AuditSettings(folder=tmp_path), CHAIN)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditLogError):
        AuditLog(AuditSettings(folder=tmp_path / "file" / "audit"), CHAIN)


def test_a_chain_has_one_writer(tmp_path: Path) -> None:
    with (
        AuditLog(AuditSettings(folder=tmp_path), CHAIN),
        pytest.raises(AuditLogError, match="another process writes this chain"),
    ):
        AuditLog(AuditSettings(folder=tmp_path), CHAIN)


# What a log may say.


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("people", {}),
        ("frames", {"people": 3}),
        ("frames", {"milliseconds": 8.2}),  # computing time tells a full room from an empty one
        ("fault", {"what": "x" * 257}),
        ("measured", {"value": float("nan")}),
        ("frames", {"frames": 2**60}),
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused(
    tmp_path: Path, event: str, facts: dict[str, str | float]
) -> None:
    with (
        AuditLog(AuditSettings(folder=tmp_path), CHAIN) as log,
        pytest.raises(ValueError, match=event),
    ):
        log.append(event, **facts)


def test_no_event_has_room_for_a_person() -> None:
    words = {word for facts in EVENTS.values() for fact in facts for word in fact.split("_")}
    assert not words & {"people", "persons", "count", "occupancy", "id", "track", "box", "x", "y"}


def test_frames_are_told_once_a_minute(tmp_path: Path) -> None:
    now_s = [0.0]
    with AuditLog(AuditSettings(folder=tmp_path), CHAIN) as log:
        tally = FrameTally(log, "lobby", monotonic=lambda: now_s[0])
        for _ in range(1500):
            now_s[0] += 0.125
            tally.add(1, 1)
        tally.flush()
    told = [dict(e.facts) for e in read_chain(tmp_path, CHAIN) if e.event == "frames"]
    assert [fact["frames"] for fact in told] == [480, 480, 480, 60]
    assert [fact["seconds"] for fact in told] == [60.0, 60.0, 60.0, 7.5]


# Checkpoints.


def test_a_sealed_checkpoint_is_read_with_the_right_key_only(tmp_path: Path) -> None:
    write(tmp_path / "audit", 3)
    key = create_key(tmp_path / "device.pem")
    other = create_key(tmp_path / "other.pem")
    taken = take_checkpoint(tmp_path / "audit", NOW)
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(seal_checkpoint(taken, "a" * 32, key) + b"\n")
    assert read_checkpoints(kept, key.public) == [taken]
    with pytest.raises(AuditLogError, match="signature does not fit"):
        read_checkpoints(kept, other.public)
    kept.write_bytes(kept.read_bytes().replace(b'"sequence":4', b'"sequence":3'))
    with pytest.raises(AuditLogError, match="signature does not fit"):
        read_checkpoints(kept, key.public)


def test_no_checkpoint_is_taken_of_a_log_that_was_rewritten(tmp_path: Path) -> None:
    write(tmp_path, 9)
    first = take_checkpoint(tmp_path, NOW)
    forge(tmp_path, keep=6, more=8)
    with pytest.raises(AuditLogError, match="no checkpoint is taken"):
        take_checkpoint(tmp_path, NOW, [first])


def test_the_newest_files_are_enough_to_start_with(tmp_path: Path) -> None:
    """A year of logs must not be read before the uplink can work."""
    write(tmp_path, 120, file_bytes=4096)
    oldest = files_of(tmp_path, CHAIN)[0]
    oldest.write_bytes(oldest.read_bytes().replace(b'"frames":3', b'"frames":7'))
    head = verify_chain(tmp_path, CHAIN).head
    assert take_checkpoint(tmp_path, NOW, newest_only=True).heads[CHAIN] == head
    with pytest.raises(AuditLogError, match="edited"):
        take_checkpoint(tmp_path, NOW)


def test_checkpoints_are_handed_on_until_a_chain_is_broken(tmp_path: Path) -> None:
    write(tmp_path, 9)
    sent: list[dict[str, Any]] = []
    faults: list[str] = []
    told = threading.Event()

    def take(body: dict[str, Any]) -> None:
        sent.append(body)
        if len(sent) == 2:
            forge(tmp_path, keep=6, more=8)

    def fail(what: str) -> None:
        faults.append(what)
        told.set()

    thread = CheckpointThread(tmp_path, take, fail, interval_s=0.02)
    thread.start()
    assert told.wait(10)
    thread.stop()
    assert len(sent) == 2
    assert sent[0]["checkpoint"]["heads"][CHAIN]["sequence"] == 10
    assert len(faults) == 1
    assert "rewritten" in faults[0]


def test_whatever_fails_the_next_checkpoint_is_tried_and_the_fault_is_told_once(
    tmp_path: Path,
) -> None:
    write(tmp_path, 3)
    tried, faults, again = [], [], threading.Event()

    def take(body: dict[str, Any]) -> None:
        tried.append(body)
        if len(tried) < 3:
            raise TypeError("no such thing")
        again.set()

    thread = CheckpointThread(tmp_path, take, faults.append, interval_s=0.02)
    thread.start()
    assert again.wait(10)
    thread.stop()
    assert faults == ["no checkpoint was taken: TypeError: no such thing"]
