# SPDX-License-Identifier: Apache-2.0
"""A release is spent once, stored before it leaves, and the same for ever."""

import json
import os
import random
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from privcv_core.at_rest.database import open_database
from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.entries import Entries
from privcv_privacy.budget.ledger import KEEP_PAYLOADS, Ledger
from privcv_privacy.budget.ledger_file import open_for_reading
from privcv_privacy.budget.spending import camera_budgets, cost_zones
from privcv_privacy.errors import LedgerError

HOUR_NS = 3_600_000_000_000


def charge(epsilon, cohort="run", scope="lobby", born_h=0.0, until_h=1.0, limit=1.0, delta=0.0):
    return Charge(
        scope=scope,
        cohort=cohort,
        epsilon=epsilon,
        delta=delta,
        limit_epsilon=limit,
        limit_delta=1e-6,
        from_ns=round(born_h * HOUR_NS),
        until_ns=round(until_h * HOUR_NS),
    )


def noise(sequence, affordable):
    """A payload that is never the same twice."""
    return json.dumps([sequence, affordable, os.urandom(8).hex()]).encode()


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def open_ledger(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.db", folder / "elsewhere" / "anchor")


@pytest.fixture
def ledger(folder):
    with open_ledger(folder) as opened:
        yield opened


def fill(ledger, count, start=0):
    return [ledger.release(f"key {start + n}", [charge(0.1)], noise) for n in range(count)]


def test_a_key_is_rendered_once_and_gives_the_same_bytes_for_ever(folder):
    with open_ledger(folder) as ledger:
        first = ledger.release("a", [charge(0.5)], noise)
        again = ledger.release("a", [charge(0.5)], noise)
    with open_ledger(folder) as ledger:
        restarted = ledger.release("a", [charge(9.9)], noise)
    assert first.fresh
    assert not again.fresh
    assert not restarted.fresh
    assert first.payload == again.payload == restarted.payload
    assert first.sequence == again.sequence == restarted.sequence == 1


def test_sequences_have_no_gap_across_failures_and_restarts(folder):
    sequences = []
    for _ in range(3):
        with open_ledger(folder) as ledger:
            for _ in range(3):
                sequences.append(ledger.release(os.urandom(4).hex(), [], noise).sequence)
                with pytest.raises(ZeroDivisionError):
                    ledger.release("failing", [charge(0.1)], lambda n, paid: bytes(1 // 0))
    assert sequences == list(range(1, 10))


def test_a_render_that_fails_spends_nothing(ledger):
    with pytest.raises(ZeroDivisionError):
        ledger.release("a", [charge(1.0)], lambda n, paid: bytes(1 // 0))
    assert ledger.spent("lobby", 0) == (0.0, 0.0)
    assert ledger.release("a", [charge(1.0)], noise).affordable


def test_one_cohort_pays_its_most_and_others_add_up(ledger):
    assert ledger.release("a", [charge(0.3, "first")], noise).affordable
    assert ledger.release("b", [charge(0.6, "first")], noise).affordable
    assert ledger.spent("lobby", 0)[0] == pytest.approx(0.6)
    assert not ledger.release("c", [charge(0.5, "second")], noise).affordable
    assert ledger.release("d", [charge(0.4, "second")], noise).affordable
    assert ledger.spent("lobby", 0)[0] == pytest.approx(1.0)
    assert not ledger.release("e", [charge(0.7, "first")], noise).affordable


def test_cohorts_whose_people_have_left_do_not_count(ledger):
    ledger.release("a", [charge(1.0, "first", until_h=1.0)], noise)
    assert not ledger.release("b", [charge(1.0, "next", born_h=0.9, until_h=2)], noise).affordable
    assert ledger.release("c", [charge(1.0, "next", born_h=1.0, until_h=2)], noise).affordable


def test_scopes_do_not_share_and_delta_is_bounded_too(ledger):
    ledger.release("a", [charge(1.0)], noise)
    assert ledger.release("b", [charge(1.0, scope="hall", delta=1e-6)], noise).affordable
    assert not ledger.release("c", [charge(0.0, "x", "hall", delta=1e-9)], noise).affordable


def test_charges_of_one_release_are_all_booked_or_none(ledger):
    both = [charge(0.6, "first"), charge(0.6, "second")]
    assert not ledger.release("a", both, noise).affordable
    assert ledger.spent("lobby", 0) == (0.0, 0.0)


def test_ten_tenths_are_not_more_than_one(ledger):
    for n in range(10):
        assert ledger.release(f"{n}", [charge(0.1, f"{n}")], noise).affordable
    assert not ledger.release("more", [charge(1e-6, "more")], noise).affordable


def test_what_cannot_be_afforded_is_rendered_so_and_costs_nothing(ledger):
    told = []

    def render(sequence, affordable):
        told.append(affordable)
        return b"suppressed"

    release = ledger.release("a", [charge(2.0)], render, {"floor": 2.0})
    assert (release.affordable, told) == (False, [False])
    assert ledger.spent("lobby", 0) == (0.0, 0.0)
    assert [(c.epsilon, c.released, c.suppressed) for c in ledger.costs()] == [(0.0, 0, 1)]


def test_costs_are_kept_per_day_of_event_time_and_zone(ledger):
    for n, hour in enumerate([1.0, 24.0, 25.0]):
        ledger.release(f"{n}", [charge(0.1, until_h=hour)], noise, {"door": 0.25, "floor": 0.5})
    assert [(c.day, c.zone, c.epsilon, c.released) for c in ledger.costs()] == [
        ("1970-01-01", "door", 0.5, 2),
        ("1970-01-01", "floor", 1.0, 2),
        ("1970-01-02", "door", 0.25, 1),
        ("1970-01-02", "floor", 0.5, 1),
    ]
    assert [c.zone for c in ledger.costs("1970-01-02")] == ["door", "floor"]


def test_costs_are_kept_on_the_days_of_the_sites_calendar(folder):
    """10 hours after the epoch it is still the day before in Honolulu, and the day after 14:00 UTC
    in Kiritimati. A change of the setting is written down, and does not move what was booked."""
    path, costs = folder / "ledger.db", {"door": 0.5}
    for number, (zone, until_h) in enumerate(
        (("UTC", 23.0), ("Pacific/Honolulu", 33.0), ("Pacific/Honolulu", 35.0))
    ):
        with Ledger(path, time_zone=zone) as ledger:
            ledger.release(str(number), [charge(0.1, until_h=until_h)], noise, costs)
            days = [cost.day for cost in ledger.costs()]
            assert cost_zones(ledger._db)[-1][1] == zone
    assert days == ["1970-01-01", "1970-01-02"]
    with Ledger(path, time_zone="Pacific/Honolulu") as ledger:
        assert [cost.released for cost in ledger.costs()] == [2, 1]
        assert cost_zones(ledger._db) == [("", "UTC"), ("1970-01-01", "Pacific/Honolulu")]


def test_what_was_not_acknowledged_is_there_to_publish_again(folder):
    with open_ledger(folder) as ledger:
        released = fill(ledger, 4)
        ledger.acknowledge(2)
        ledger.acknowledge(1)
    with open_ledger(folder) as ledger:
        assert ledger.accepted_through == 2
        waiting = ledger.unacknowledged()
    assert [(r.sequence, r.payload) for r in waiting] == [
        (r.sequence, r.payload) for r in released[2:]
    ]


def test_bytes_delivered_long_ago_are_pruned_but_never_rendered_again(folder):
    with open_ledger(folder) as ledger:
        ledger._db.execute("PRAGMA synchronous = OFF")  # a thousand commits, in a test only
        fill(ledger, KEEP_PAYLOADS + 2)
        ledger.acknowledge(5)
        ledger.acknowledge(KEEP_PAYLOADS + 1)
    with open_ledger(folder) as ledger:
        assert ledger.release("key 0", [], noise).payload == b""
        assert ledger.release("key 1", [], noise).payload != b""
        assert ledger.head == KEEP_PAYLOADS + 2
        assert ledger.spent("lobby", 0)[0] == pytest.approx(0.1)


def test_a_second_writer_is_refused_until_the_first_is_gone(folder):
    with open_ledger(folder):
        (folder / "link.db").symlink_to(folder / "ledger.db")
        for path in ("ledger.db", "link.db"):
            with pytest.raises(LedgerError, match="in use by another process"):
                Ledger(folder / path, folder / "elsewhere" / "anchor")
    open_ledger(folder).close()


def test_only_the_owner_may_read_it(folder):
    with open_ledger(folder) as ledger:
        fill(ledger, 1)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("ledger.db*")}
    assert set(modes.values()) == {0o600}


def copies(folder: Path, into: Path) -> None:
    """All files as a crash would leave them, or as a backup would take them."""
    shutil.copytree(folder, into, dirs_exist_ok=True)


@pytest.mark.parametrize("closed", [True, False])
def test_an_old_copy_of_the_ledger_is_detected(folder, tmp_path_factory, closed):
    old = tmp_path_factory.mktemp("old")
    ledger = open_ledger(folder)
    fill(ledger, 3)
    if closed:
        ledger.close()
        copies(folder, old)
        ledger = open_ledger(folder)
    else:
        copies(folder, old)
    fill(ledger, 1, start=3)
    ledger.close()
    for path in folder.glob("ledger.db*"):
        path.unlink()
    for path in old.glob("ledger.db*"):
        shutil.copy(path, folder)
    with pytest.raises(LedgerError, match="old copy"):
        open_ledger(folder)


def test_an_old_copy_that_went_on_elsewhere_is_detected(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    with open_ledger(folder) as ledger:
        fill(ledger, 3)
    copies(folder, other)
    with open_ledger(other) as ledger:
        fill(ledger, 5, start=10)
    with open_ledger(folder) as ledger:
        fill(ledger, 2, start=20)
    shutil.copy(other / "ledger.db", folder / "ledger.db")
    with pytest.raises(LedgerError, match="rewritten"):
        open_ledger(folder)


def test_an_old_copy_of_ledger_and_anchor_is_detected_by_what_the_uplink_holds(folder):
    with open_ledger(folder) as ledger:
        fill(ledger, 3)
        with pytest.raises(LedgerError, match="old copy"):
            ledger.acknowledge(4)
        with pytest.raises(LedgerError, match="old copy"):
            fill(ledger, 1, start=3)


@pytest.mark.parametrize(
    ("gone", "says"), [("ledger.db", "is missing, but its anchor"), ("elsewhere/anchor", "missing")]
)
def test_a_missing_file_is_not_a_new_ledger(folder, gone, says):
    with open_ledger(folder) as ledger:
        fill(ledger, 3)
    (folder / gone).unlink()
    with pytest.raises(LedgerError, match=says):
        open_ledger(folder)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE releases SET payload = X'00' WHERE sequence = 2",
        "UPDATE releases SET booked = '{}' WHERE sequence = 2",
        "UPDATE releases SET key = 'other' WHERE sequence = 2",
        "DELETE FROM releases WHERE sequence = 2",
        "DELETE FROM releases WHERE sequence = 1",
        "UPDATE cohorts SET epsilon = 0",
        "DELETE FROM cohorts",
    ],
)
@pytest.mark.usefixtures("at_rest")
def test_a_changed_entry_is_detected(folder, change):
    with open_ledger(folder) as ledger:
        fill(ledger, 3)
    db = open_database(folder / "ledger.db")
    db.execute(change)
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="restore the latest"):
        open_ledger(folder)


def test_an_end_cut_off_is_detected(folder):
    with open_ledger(folder) as ledger:
        fill(ledger, 3)
    db = open_database(folder / "ledger.db")
    db.execute("DELETE FROM releases WHERE sequence = 3")
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="old copy"):
        open_ledger(folder)


def test_a_corrupt_file_is_refused_wherever_the_damage_is(folder, damage, at_rest):
    with open_ledger(folder) as ledger:
        released = [release.payload for release in fill(ledger, 40)]
    whole = (folder / "ledger.db").read_bytes()
    chance = random.Random(20260131)
    refused = 0
    attempts = 150
    for _ in range(attempts):
        copy = folder / "copy"
        copy.mkdir()
        shutil.copytree(folder / "elsewhere", copy / "elsewhere")
        (copy / "ledger.db").write_bytes(damage(chance, whole))
        try:
            with open_ledger(copy) as ledger:  # damage to unused space harms nothing
                assert [release.payload for release in ledger.unacknowledged()] == released
                assert ledger.spent("lobby", 0)[0] >= 0.0999
                assert ledger.release("key 7", [], noise).payload == released[7]
        except LedgerError:
            refused += 1
        shutil.rmtree(copy)
    if at_rest == "sealed":  # the tag of each page tells of damage to unused space too
        assert attempts - 5 <= refused
    else:
        assert 15 < refused < attempts


def test_a_file_that_is_no_ledger_is_refused(folder):
    (folder / "ledger.db").write_text("This is not a database, whatever its name says. " * 99)
    with pytest.raises(LedgerError, match=r"ledger\.db"):
        open_ledger(folder)


@pytest.mark.parametrize("made", ["file", "tables"])
def test_a_crash_while_the_ledger_was_made_does_no_harm(folder, made):
    if made == "file":
        (folder / "ledger.db").touch()
    else:
        open_ledger(folder).close()
        (folder / "elsewhere" / "anchor").unlink()
    with open_ledger(folder) as ledger:
        assert fill(ledger, 1)[0].sequence == 1


def test_a_ledger_of_another_version_is_refused(folder):
    open_ledger(folder).close()
    db = open_database(folder / "ledger.db")
    db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(LedgerError, match="format 7"):
        open_ledger(folder)


@pytest.mark.parametrize("content", [b"", b'{"sequence": 1e999, "hash": "", "ledger": ""}'])
def test_a_torn_anchor_slot_costs_nothing(folder, content):
    with open_ledger(folder) as ledger:
        fill(ledger, 3)
    anchor = folder / "elsewhere" / "anchor"
    whole = anchor.read_bytes()
    # Release 3 is in the second slot.
    anchor.write_bytes(whole[:512] + content.ljust(512) + whole[1024:])
    with open_ledger(folder) as ledger:
        assert ledger.head == 3


def test_an_anchor_of_another_ledger_is_refused(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for place in (folder, other):
        with open_ledger(place) as ledger:
            fill(ledger, 1)
    shutil.copy(other / "elsewhere" / "anchor", folder / "elsewhere" / "anchor")
    with pytest.raises(LedgerError, match="another ledger"):
        open_ledger(folder)


def in_format_1(folder: Path) -> None:
    """The ledger as version 0.1.0 would have left it: one table knew less."""
    db = open_database(folder / "ledger.db")
    db.executescript(
        """
        CREATE TABLE old (
            scope TEXT NOT NULL, cohort TEXT NOT NULL, epsilon REAL NOT NULL,
            delta REAL NOT NULL, limit_epsilon REAL NOT NULL, limit_delta REAL NOT NULL,
            until_ns INTEGER NOT NULL, PRIMARY KEY (scope, cohort)
        ) WITHOUT ROWID;
        INSERT INTO old SELECT scope, cohort, epsilon, delta, limit_epsilon, limit_delta, until_ns
            FROM cohorts;
        DROP TABLE cohorts;
        ALTER TABLE old RENAME TO cohorts;
        CREATE INDEX cohorts_by_time ON cohorts (scope, until_ns);
        PRAGMA user_version = 1;
        """
    )
    db.close()


def test_a_ledger_of_format_1_is_brought_up_to_date_where_it_lies(folder):
    """What it did not say is taken as the worst: no pool of the same people pays more."""
    with open_ledger(folder) as ledger:
        ledger.release("a", [charge(0.8, "run", "lobby|counts", limit=0.8)], noise)
        ledger.release(
            "b", [charge(0.8, "0|3600", "hall|counts", limit=0.8)], noise, {"a": 0.8, "b": 0.8}
        )
    in_format_1(folder)
    with open_for_reading(folder / "ledger.db") as db:  # beside an old process
        assert [budget.epsilon_spent for budget in camera_budgets(db, 3600)] == [0.8, 0.8]
    with open_ledger(folder) as ledger:
        dwell = charge(0.1, "next", "lobby|dwell", limit=0.1, born_h=0.5, until_h=1.5)
        assert not ledger.release("c", [dwell], noise).affordable
        later = charge(0.1, "next", "lobby|dwell", limit=0.1, born_h=1.0, until_h=2.0)
        assert ledger.release("d", [later], noise).affordable
        visit = charge(1.0, "run", "hall|counts", born_h=0.5, until_h=1.5)
        assert not ledger.release("e", [visit], noise).affordable
        assert ledger.head == 5
    open_ledger(folder).close()


def test_an_upgrade_that_is_cut_short_changes_nothing(folder, monkeypatch):
    with open_ledger(folder) as ledger:
        fill(ledger, 1)
    in_format_1(folder)

    def store(self, entry):
        raise OSError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Entries, "store", store)
        with pytest.raises(LedgerError, match="cannot be opened"):
            open_ledger(folder)
    db = open_database(folder / "ledger.db")
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT COUNT(*) FROM cohorts").fetchone() == (1,)
    db.close()
    with open_ledger(folder) as ledger:
        assert ledger.spent("lobby", 0)[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    "change",
    [
        "promise_epsilon = 9",
        "visit_epsilon = 0",
        "from_ns = until_ns",
        "until_ns = from_ns",
        "unit = 'visit'",
    ],
)
def test_what_decides_about_a_spend_cannot_be_changed_either(folder, change):
    with open_ledger(folder) as ledger:
        event = replace(charge(0.5), unit="event", visit_epsilon=1.0, promise_epsilon=1.0)
        ledger.release("a", [event], noise)
    db = open_database(folder / "ledger.db")
    db.execute(f"UPDATE cohorts SET {change}")
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="forgot what was spent"):
        open_ledger(folder)


def test_reports_that_nobody_fetched_end_and_what_was_paid_stays(folder):
    with open_ledger(folder) as ledger:
        kept = fill(ledger, 5)
        before = ledger.spent("lobby", 0)
        assert ledger.end_payloads(3) == 3
        assert ledger.end_payloads(3) == 0
        assert [one.payload for one in ledger.unacknowledged()] == [
            release.payload for release in kept[3:]
        ]
        again = ledger.release("key 1", [charge(0.1)], noise)
        assert (again.fresh, again.payload, again.sequence) == (False, b"", 2)
        assert ledger.spent("lobby", 0) == before
        assert ledger.end_payloads(10**6) == 2
    with open_for_reading(folder / "ledger.db", check=True):
        pass
    with open_ledger(folder) as ledger:
        assert ledger.release("key 4", [charge(0.1)], noise).payload == b""
        assert ledger.release("key 5", [charge(0.1)], noise).fresh
