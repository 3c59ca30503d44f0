# SPDX-License-Identifier: Apache-2.0
"""The outbox keeps each release once, within its bounds, whatever happens to disk and process."""

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privcv_core.at_rest.database import open_database
from privcv_core.protocol.canonical_json import canonical
from privcv_uplink.errors import UplinkError
from privcv_uplink.outbox import rescue
from privcv_uplink.outbox.file import _SCHEMA, OutboxFile
from privcv_uplink.outbox.outbox import PORTION_BATCHES, Batch, Outbox, StorageFull
from privcv_uplink.outbox.state import Planned, State

NOW = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)


def release(sequence: int, size: int = 0) -> dict[str, Any]:
    zone = {"zone": "desk", "window_start": f"2026-01-31T08:{sequence % 60:02}:00Z"}
    return {"sequence": sequence, "zones": [zone], "dwell": [], "padding": "x" * size}


def numbers(batch: Batch | None) -> list[int]:
    assert batch is not None
    return [item["sequence"] for item in json.loads(batch.body_bytes)["releases"]]


def head(
    outbox: Outbox, now: datetime, releases: int, size: int, done: Batch | None = None
) -> Batch | None:
    """The batch to send after ``done`` was confirmed, as one who holds no other sees it."""
    if done is not None:
        outbox.confirm(done)
    outbox.recall()
    batches = outbox.hand_out(now, releases, size)
    return batches[0] if batches else None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def tamper(path: Path, statement: str, values: tuple[Any, ...] = ()) -> None:
    """Change the closed file behind the outbox's back."""
    with contextlib.closing(open_database(path, isolation_level=None)) as database:
        database.execute(statement, values)


def filled(path: Path, count: int, **bounds: Any) -> Outbox:
    outbox = Outbox(path, **bounds)
    for sequence in range(1, count + 1):
        assert outbox.accept(sequence, canonical(release(sequence)))
    return outbox


def test_releases_leave_in_order_in_numbered_batches(path: Path) -> None:
    outbox = filled(path, 5)
    sent, batch = [], head(outbox, NOW, 2, 10**6)
    while batch is not None:
        sent.append((batch.sequence, numbers(batch)))
        batch = head(outbox, NOW, 2, 10**6, done=batch)
    assert sent == [(1, [1, 2]), (2, [3, 4]), (3, [5])]
    assert (outbox.contents().delivered, outbox.contents().pending) == (5, 0)


def test_a_batch_is_the_same_after_a_restart_whatever_came_since(path: Path) -> None:
    outbox = filled(path, 3)
    before = head(outbox, NOW, 60, 10**6)
    outbox.accept(4, canonical(release(4)))
    outbox.close()
    again = head(Outbox(path), NOW.replace(hour=20), 1, 10)
    assert again == before


def test_a_release_published_again_changes_nothing(path: Path) -> None:
    outbox = filled(path, 2)
    assert outbox.accept(1, canonical(release(1)))
    assert outbox.accept(2, canonical(release(2)))
    assert outbox.contents().pending == 2
    head(outbox, NOW, 1, 10**6, done=head(outbox, NOW, 60, 10**6))
    assert outbox.accept(2, canonical(release(2)))
    assert (outbox.contents().pending, outbox.contents().delivered) == (0, 2)


def test_accepted_through_stops_at_a_gap_and_nothing_overtakes(path: Path) -> None:
    outbox = filled(path, 2)
    assert outbox.accept(4, canonical(release(4)))
    assert outbox.contents().accepted_through == 2
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 2]
    outbox.accept(3, canonical(release(3)))
    assert outbox.contents().accepted_through == 4


def test_a_gap_that_nobody_fills_is_counted_not_waited_for(path: Path) -> None:
    outbox = filled(path, 1, gap_after_s=0.0)
    outbox.accept(4, canonical(release(4)))
    contents = outbox.contents()
    assert (contents.accepted_through, contents.missing) == (4, 2)
    assert json.loads(head(outbox, NOW, 60, 10**6).body_bytes)["dropped"] == 2


def test_a_release_that_comes_too_late_was_told_as_dropped(path: Path) -> None:
    outbox = filled(path, 1, gap_after_s=0.0)
    outbox.accept(3, canonical(release(3)))
    told = outbox.contents().dropped
    assert outbox.accept(2, canonical(release(2)))
    batch = head(outbox, NOW, 60, 10**6)
    assert numbers(batch) == [1, 3]
    assert told == outbox.contents().dropped == json.loads(batch.body_bytes)["dropped"] == 1


def test_a_new_outbox_starts_where_its_device_is(path: Path) -> None:
    outbox = Outbox(path, gap_after_s=0.0)
    outbox.accept(137, canonical(release(137)))
    assert (outbox.contents().accepted_through, outbox.contents().missing) == (137, 0)


def test_beyond_its_size_the_oldest_are_dropped_and_counted(path: Path) -> None:
    outbox = filled(path, 1, max_bytes=10_000)
    on_its_way = head(outbox, NOW, 60, 10**6)
    for sequence in range(2, 102):
        assert outbox.accept(sequence, canonical(release(sequence, size=900)))
    contents = outbox.contents()
    assert contents.pending_bytes <= 10_000
    assert contents.dropped + contents.pending == 101
    assert numbers(head(outbox, NOW, 60, 10**6)) == numbers(on_its_way) == [1]
    rest = head(outbox, NOW, 60, 10**6, done=on_its_way)
    assert numbers(rest) == list(range(101 - contents.pending + 2, 102))
    assert json.loads(rest.body_bytes)["dropped"] == contents.dropped


def test_beyond_their_age_releases_are_dropped(path: Path) -> None:
    outbox = filled(path, 3)
    outbox.close()
    outbox = Outbox(path, max_age_s=1e-9)
    assert head(outbox, NOW, 60, 10**6) is None
    assert outbox.contents().dropped == 3
    assert outbox.contents().accepted_through == 3


def test_the_file_does_not_grow_with_what_has_left(path: Path) -> None:
    outbox = Outbox(path, max_bytes=200_000)
    for sequence in range(1, 801):
        outbox.accept(sequence, canonical(release(sequence, size=2000)))
    assert sum(file.stat().st_size for file in path.parent.iterdir()) < 10_000_000


@pytest.mark.parametrize("place", ["payload", "digest"])
def test_a_corrupt_row_is_set_aside_and_the_rest_leaves(path: Path, place: str) -> None:
    filled(path, 3).close()
    tamper(path, f"UPDATE releases SET {place} = x'00' WHERE sequence = 2")
    outbox = Outbox(path)
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 3]
    assert outbox.contents().quarantined == 1
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 3]


def test_a_batch_of_corrupt_rows_is_no_endless_loop(path: Path) -> None:
    filled(path, 3).close()
    tamper(path, "UPDATE releases SET payload = 'text' WHERE sequence < 3")
    outbox = Outbox(path)
    batch = head(outbox, NOW, 1, 10**6)
    assert (batch.sequence, numbers(batch)) == (1, [3])


def test_a_number_is_believed_only_of_a_whole_row(path: Path) -> None:
    """Else all releases up to a damaged number would count as stored."""
    filled(path, 3).close()
    tamper(path, "UPDATE releases SET sequence = 4 WHERE sequence = 2")
    tamper(path, "INSERT INTO releases VALUES (9000000000, x'00', x'00', 0)")
    outbox = Outbox(path, gap_after_s=0.0)
    assert outbox.accept(4, canonical(release(4)))
    assert outbox.contents().accepted_through == 4
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 3, 4]
    assert outbox.contents().quarantined == 2


@pytest.mark.usefixtures("at_rest")
@pytest.mark.parametrize("noticed", ["at the start", "while it runs"])
@given(chance=st.randoms(use_true_random=False))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_costs_rows_never_the_process(
    tmp_path_factory: pytest.TempPathFactory,
    damage: Callable[[random.Random, bytes], bytes],
    noticed: str,
    chance: random.Random,
) -> None:
    """What is delivered is a subset, in order, unchanged; what is not, is counted."""
    path = tmp_path_factory.mktemp("damaged") / "outbox.db"
    filled(path, 30).close()
    path.write_bytes(damage(chance, path.read_bytes()))
    with pytest.MonkeyPatch.context() as patch:
        if noticed == "while it runs":
            patch.setattr(OutboxFile, "_check", lambda file: None)
        deliver_damaged(path, noticed)
    shutil.rmtree(path.parent)


def deliver_damaged(path: Path, noticed: str) -> None:
    original = {sequence: release(sequence) for sequence in range(1, 31)}
    seen: list[int] = []
    with counting_lost_states() as lost_states:
        outbox, batch = Outbox(path, gap_after_s=0.0), None
        for _ in range(100):
            try:
                batch = head(outbox, NOW, 7, 10**6, done=batch)
            except StorageFull:
                continue
            if batch is None:
                break
            for item in json.loads(batch.body_bytes)["releases"]:
                assert item == original[item["sequence"]]
                seen.append(item["sequence"])
    assert batch is None
    if not lost_states:
        contents = outbox.contents()
        assert contents.delivered <= len(seen)
        # What no query finds, in a tree whose damage went unnoticed, still counts as waiting; what
        # none found when the file was opened, and the rescue did, is counted twice.
        accounted_for = contents.delivered + contents.dropped + contents.pending
        assert accounted_for == 30 if noticed == "at the start" else accounted_for >= 30
    assert seen == sorted(set(seen))
    through = outbox.contents().accepted_through
    assert through <= 30
    # Damage may be noticed only now; what was refused is offered again.
    assert any(outbox.accept(through + 1, canonical(release(through + 1))) for _ in range(2))
    outbox.close()


@contextlib.contextmanager
def counting_lost_states() -> Iterator[list[OutboxFile]]:
    """The files whose state was lost inside the block."""
    lost: list[OutboxFile] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OutboxFile, "_say_state_is_lost", lambda file: lost.append(file))
        yield lost


@pytest.mark.usefixtures("at_rest")
@pytest.mark.parametrize("noticed", ["at the start", "while it runs"])
def test_what_a_rescue_cannot_read_is_counted_as_missing(
    path: Path, noticed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(path)
    for sequence in range(1, 401):
        assert outbox.accept(sequence, canonical(release(sequence, size=700)))
    outbox.confirm(outbox.hand_out(NOW, 10, 10**6)[0])
    outbox.close()
    content = bytearray(path.read_bytes())
    content[40 * 4096 : 60 * 4096] = random.Random(0).randbytes(20 * 4096)
    path.write_bytes(content)
    with monkeypatch.context() as patch:
        if noticed == "while it runs":
            patch.setattr(OutboxFile, "_check", lambda file: None)
        outbox, left = Outbox(path), 0
        for _ in range(100):
            with contextlib.suppress(StorageFull):
                if not (batches := outbox.hand_out(NOW, 10, 10**6)):
                    break
                for batch in batches:
                    outbox.confirm(batch)
                    left += batch.releases
    contents = outbox.contents()
    assert 0 < contents.missing < 200
    assert contents.pending == 0
    assert contents.delivered + contents.dropped == 400
    assert outbox.accept(401, canonical(release(401)))
    body = json.loads(head(outbox, NOW, 10, 10**6).body_bytes)
    assert body["dropped"] == contents.dropped
    outbox.close()
    again = Outbox(path)
    assert again.contents().missing == contents.missing
    again.close()


def test_what_waits_above_a_gap_is_offered_again_and_not_counted_as_lost(path: Path) -> None:
    outbox = filled(path, 3)
    outbox.accept(5, canonical(release(5)))
    outbox.close()
    tamper(path, "DELETE FROM releases WHERE sequence IN (2, 5)")
    outbox = Outbox(path)
    assert outbox.contents().missing == 1
    assert outbox.accept(4, canonical(release(4)))
    assert outbox.accept(5, canonical(release(5)))
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 3, 4, 5]
    assert outbox.contents().missing == 1
    outbox.close()


@pytest.mark.parametrize("number", [-5, 0, 9_000_000_000])
def test_a_row_with_a_damaged_number_is_counted_once(path: Path, number: int) -> None:
    filled(path, 3).close()
    tamper(path, "UPDATE releases SET sequence = ? WHERE sequence = 2", (number,))
    outbox = Outbox(path)
    assert numbers(batch := head(outbox, NOW, 60, 10**6)) == [1, 3]
    assert head(outbox, NOW, 60, 10**6, done=batch) is None
    contents = outbox.contents()
    assert (contents.delivered, contents.dropped, contents.pending) == (2, 1, 0)
    outbox.close()


def test_lost_counters_are_told_in_the_log(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(path, 3).close()
    assert "counters were lost" not in caplog.text
    tamper(path, "UPDATE state SET digest = x'00'")
    outbox = Outbox(path)
    assert "counters were lost" in caplog.text
    assert outbox.contents().pending == 3
    outbox.close()


def test_a_gap_is_not_waited_for_longer_where_the_counters_were_lost(path: Path) -> None:
    outbox = filled(path, 2)
    outbox.accept(4, canonical(release(4)))
    outbox.close()
    tamper(path, "UPDATE releases SET age_s = 1e6")  # it ran for days
    tamper(path, "UPDATE state SET digest = x'00'")
    outbox = Outbox(path, gap_after_s=0.0)
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 2, 4]
    outbox.close()


def test_a_header_that_forbids_writing_is_damage(path: Path) -> None:
    filled(path, 3).close()
    content = bytearray(path.read_bytes())
    content[18] = 7  # the version that is needed to write
    path.write_bytes(content)
    outbox = Outbox(path)
    assert outbox.accept(4, canonical(release(4)))
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 2, 3, 4]
    assert outbox.contents().dropped == 0
    outbox.close()


def test_numbers_of_releases_tell_copies_apart_where_those_of_batches_begin_again(
    path: Path,
) -> None:
    """What docs/uplink.md asks of a subscriber of MQTT, who cannot answer what it expects."""
    outbox = filled(path, 4)
    seen: list[tuple[int, list[int]]] = []
    for _ in range(2):
        batch = head(outbox, NOW, 2, 10**6)
        assert batch is not None
        seen.append((batch.sequence, numbers(batch)))
        outbox.confirm(batch)
    for sequence in (5, 6):
        assert outbox.accept(sequence, canonical(release(sequence)))
    outbox.close()
    tamper(path, "UPDATE state SET digest = x'00'")
    outbox = Outbox(path)
    batch = head(outbox, NOW, 2, 10**6)
    seen.append((batch.sequence, numbers(batch)))
    assert seen == [(1, [1, 2]), (2, [3, 4]), (1, [5, 6])]
    document = (Path(__file__).parents[4] / "docs" / "uplink.md").read_text()
    assert "apart by `device` and the release's own number" in " ".join(document.split())
    outbox.close()


class Interrupted(BaseException):
    """As if the power had failed."""


def fail_with(failure: BaseException) -> Callable[..., None]:
    def fail(*arguments: object) -> None:
        raise failure

    return fail


@pytest.mark.parametrize(
    "failure", [sqlite3.OperationalError("database or disk is full"), Interrupted()]
)
@pytest.mark.parametrize("step", ["rows", "rename"])
def test_a_rescue_that_cannot_be_finished_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, step: str
) -> None:
    filled(path, 30).close()
    with contextlib.closing(open_database(path)) as database:
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name='state'").fetchone()
    content = bytearray(path.read_bytes())
    content[(root[0] - 1) * 4096 : root[0] * 4096] = os.urandom(4096)
    path.write_bytes(content)

    fail = fail_with(failure)
    with monkeypatch.context() as broken:
        if step == "rows":
            broken.setattr(rescue, "_readable_rows", fail)
        else:
            broken.setattr(rescue, "finish_rescue", fail)
        with pytest.raises((UplinkError, Interrupted)):
            Outbox(path)
    outbox = Outbox(path)
    assert numbers(head(outbox, NOW, 60, 10**6)) == list(range(1, 31))
    assert path.with_name(path.name + ".damaged").exists()
    assert not path.with_name(path.name + ".rescued").exists()
    outbox.close()


def test_a_rescue_is_tried_again_as_soon_as_something_is_asked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = filled(path, 3)
    with monkeypatch.context() as broken:
        broken.setattr(rescue, "finish_rescue", fail_with(OSError(28, "No space left")))
        with pytest.raises(StorageFull), outbox._file.reading():
            raise sqlite3.DatabaseError("database disk image is malformed")
        with pytest.raises(StorageFull, match="cannot be saved"):
            outbox.contents()
    assert numbers(head(outbox, NOW, 60, 10**6)) == [1, 2, 3]


def test_a_file_that_another_holds_is_not_given_up_as_unreadable(path: Path) -> None:
    filled(path, 3).close()
    with contextlib.closing(open_database(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("DELETE FROM releases WHERE sequence = 1")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            rescue.rescue(path, _SCHEMA, ("releases", "quarantine", "state"))
    assert numbers(head(Outbox(path), NOW, 60, 10**6)) == [2, 3]


def test_a_full_disk_refuses_and_recovers(path: Path) -> None:
    outbox = filled(path, 1)
    pages = outbox._file.execute("PRAGMA page_count")[0][0]
    outbox._file.execute(f"PRAGMA max_page_count = {pages}")
    refused = [n for n in range(2, 30) if not outbox.accept(n, canonical(release(n, size=3000)))]
    assert refused
    assert outbox.contents().accepted_through == refused[0] - 1
    outbox._file.execute("PRAGMA max_page_count = 1000000")
    for sequence in range(refused[0], 31):
        assert outbox.accept(sequence, canonical(release(sequence, size=3000)))
    assert numbers(head(outbox, NOW, 60, 10**6)) == list(range(1, 31))


def test_a_second_uplink_on_the_same_file_is_refused(path: Path) -> None:
    outbox = filled(path, 1)
    with pytest.raises(UplinkError, match="another uplink"):
        Outbox(path)
    outbox.close()


@pytest.mark.usefixtures("at_rest")
def test_what_was_accepted_survives_kill_9(path: Path) -> None:
    """The writer says what it accepted; it is killed at random; all it said is there."""
    writer = (
        "import sys; from pathlib import Path; from privcv_uplink.outbox.outbox import Outbox\n"
        "outbox = Outbox(Path(sys.argv[1])); n = outbox.contents().accepted_through\n"
        "while True:\n"
        "    n += 1\n"
        "    assert outbox.accept(n, b'{\"sequence\":%d}' % n)\n"
        "    print(n, flush=True)\n"
    )
    last = 0
    for wanted in (7, 31):
        process = subprocess.Popen(
            [sys.executable, "-c", writer, path], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        while last < wanted:
            last = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    outbox = Outbox(path)
    assert outbox.contents().accepted_through >= last
    assert numbers(head(outbox, NOW, 1000, 10**7))[:last] == list(range(1, last + 1))


def test_the_refused_batch_shrinks_moves_and_is_dated_again(path: Path) -> None:
    outbox = filled(path, 4)
    head(outbox, NOW, 4, 10**6)
    outbox.shrink(1)
    outbox.renumber(9)
    outbox.date(NOW.replace(hour=9))
    batch = head(outbox, NOW, 4, 10**6)
    assert (batch.sequence, numbers(batch), batch.sent_at.hour) == (9, [1], 9)
    outbox.quarantine("refused")
    after = head(outbox, NOW, 4, 10**6)
    assert (after.sequence, numbers(after)) == (9, [2, 3, 4])


def test_oldest_pending_is_the_start_of_its_window(path: Path) -> None:
    assert filled(path, 2).contents().oldest_pending == NOW.replace(minute=1)


def test_the_file_is_synchronous_and_in_wal_mode(path: Path) -> None:
    outbox = Outbox(path)
    assert outbox._file.execute("PRAGMA journal_mode")[0][0] == b"wal"
    assert outbox._file.execute("PRAGMA synchronous")[0][0] == 2


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e300, 1e300)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(contents=st.lists(JSON, min_size=1, max_size=7), size=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_bodies_joined_from_stored_bytes_are_canonical(
    tmp_path_factory: pytest.TempPathFactory, contents: list[Any], size: int
) -> None:
    """Joined from what was stored, never parsed: yet what RFC 8785 makes of the whole."""
    outbox = Outbox(tmp_path_factory.mktemp("joined") / "outbox.db")
    releases = [{"sequence": n, "zones": [item]} for n, item in enumerate(contents, 1)]
    for item in releases:
        assert outbox.accept(item["sequence"], canonical(item))
    sent = 0
    for batch in outbox.hand_out(NOW, size, 10**6):
        held = releases[sent : sent + batch.releases]
        assert batch.body_bytes == rfc8785.dumps({"dropped": 0, "releases": held})
        sent += batch.releases
    assert sent == len(releases)
    outbox.close()


def test_what_is_on_its_way_stays_while_the_next_are_planned_and_others_dropped(
    path: Path,
) -> None:
    outbox = filled(path, 100, max_bytes=60_000)
    on_their_way = outbox.hand_out(NOW, 1, 10**6)
    assert [batch.first for batch in on_their_way] == list(range(1, PORTION_BATCHES + 1))
    for batch in on_their_way[:3]:
        outbox.confirm(batch)
    following = outbox.hand_out(NOW.replace(hour=9), 1, 10**6)
    assert following[0].sequence == on_their_way[-1].sequence + 1
    for sequence in range(101, 200):
        assert outbox.accept(sequence, canonical(release(sequence, size=5000)))
    contents = outbox.contents()
    assert contents.delivered == 3
    assert contents.dropped > 0
    again, after_recall = [], outbox
    after_recall.recall()
    while batches := after_recall.hand_out(NOW.replace(hour=10), 1, 10**6):
        again += batches
    sent_before = (*on_their_way[3:], *following)
    assert tuple(again[: len(sent_before)]) == sent_before
    assert again[len(sent_before)].first > sent_before[-1].last + 1
    outbox.close()


def test_small_batches_are_not_made_while_others_are_on_their_way(path: Path) -> None:
    outbox = filled(path, 2)
    (first,) = outbox.hand_out(NOW, 2, 10**6)
    outbox.accept(3, canonical(release(3)))
    assert outbox.hand_out(NOW, 2, 10**6) == []
    outbox.accept(4, canonical(release(4)))
    (second,) = outbox.hand_out(NOW, 2, 10**6)
    assert (second.sequence, numbers(second)) == (first.sequence + 1, [3, 4])


def test_full_batches_are_made_ahead_also_where_bytes_fill_them(path: Path) -> None:
    outbox = Outbox(path)
    outbox.accept(1, canonical(release(1)))
    (first,) = outbox.hand_out(NOW, 60, 2500)
    for sequence in (2, 3):
        outbox.accept(sequence, canonical(release(sequence, size=1000)))
    assert outbox.hand_out(NOW, 60, 2500) == []
    outbox.accept(4, canonical(release(4, size=1000)))
    second, third = outbox.hand_out(NOW, 60, 2500)
    assert (second.sequence, numbers(second)) == (first.sequence + 1, [2, 3])
    assert numbers(third) == [4]


def test_what_may_have_arrived_before_a_crash_is_not_counted_as_dropped(path: Path) -> None:
    """Batches 1 to 3 arrived, and the process died before it recorded them."""
    outbox = filled(path, 10)
    before = outbox.hand_out(NOW, 1, 10**6)
    outbox._file.close()
    outbox = Outbox(path, max_bytes=1)
    assert outbox.accept(11, canonical(release(11)))
    assert outbox.contents().dropped == 1  # number 11: it was never planned
    assert outbox.hand_out(NOW, 1, 10**6) == before
    for batch in before:
        outbox.confirm(batch)
    assert outbox.accept(12, canonical(release(12)))
    contents = outbox.contents()
    assert (contents.delivered, contents.dropped, contents.pending) == (10, 2, 0)


def test_a_plan_whose_batches_shared_one_time_is_sent_as_it_was_written() -> None:
    old = (
        b'{"accepted_through": 9, "delivered": 2, "dropped": 1, "quarantined": 0, "missing": 0,'
        b' "running_s": 60, "first_batch": 3, "plan": [[3, 5], [6, 9]], "planned_at": 1767225600,'
        b' "planned_dropped": 1}'
    )
    state = State.read(old)
    assert state.plan == (Planned(3, 5, 1767225600, 1), Planned(6, 9, 1767225600, 1))
    assert State.read(state.write()) == state


def test_what_is_set_aside_ends_by_running_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the damaged file that a rescue left; and rows of 0.1.0, which do not say since when."""
    filled(path, 4).close()
    tamper(path, "ALTER TABLE quarantine DROP COLUMN age_s")
    tamper(path, "INSERT INTO quarantine (sequence, payload, reason) VALUES (9, x'00', 'old')")
    beside = path.with_name("outbox.db.damaged")
    beside.write_bytes(b"damaged")
    now_s = [0.0]
    monkeypatch.setattr(OutboxFile, "running_s", lambda file: now_s[0])
    outbox = Outbox(path, set_aside_s=100.0)
    assert outbox.end_set_aside() == 0
    head(outbox, NOW, 2, 10**6)
    outbox.quarantine("refused")
    now_s[0] = 100.0
    assert outbox.end_set_aside() == 0
    assert beside.exists()
    now_s[0] = 101.0
    assert outbox.end_set_aside() == 4
    assert not beside.exists()
    assert outbox.end_set_aside() == 0
    assert outbox.contents().quarantined == 2
    assert numbers(head(outbox, NOW, 10, 10**6)) == [3, 4]
    outbox.close()
