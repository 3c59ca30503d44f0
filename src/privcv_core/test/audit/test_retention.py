# SPDX-License-Identifier: Apache-2.0
"""Files of the audit log are deleted by running time, a share at a time, and verify tells it."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from privcv_core.audit.checkpoints import Checkpoint, take_checkpoint
from privcv_core.audit.entry import GENESIS, Head, make_entry, read_entry
from privcv_core.audit.files import files_of, full_files, growing_file
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.protocol.timestamps import parse_rfc3339, rfc3339_whole

CHAIN = "lobby.detection"
DAY_S = 86400
START_S = int(datetime(2026, 11, 20, tzinfo=timezone.utc).timestamp())
YEAR_S = 365 * DAY_S


@dataclass
class Device:
    """Its two clocks: the wall's, which anybody may set, and that of running time."""

    wall_s: float = START_S
    ran_s: float = 0.0

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.ran_s += seconds

    def log(self, folder: Path, retain_days: int = 2) -> AuditLog:
        return AuditLog(
            AuditSettings(folder=folder, file_bytes=4096, retain_days=retain_days),
            CHAIN,
            clock=lambda: int(self.wall_s * 1e9),
            monotonic=lambda: self.ran_s,
        )


def fill(log: AuditLog, device: Device, entries: int, each_s: float) -> None:
    for minute in range(entries):
        log.append("frames", camera="lobby", frames=minute, wiped=minute, seconds=60.0)
        device.passes(each_s)


@pytest.mark.parametrize("step_s", [YEAR_S, 40 * YEAR_S, -YEAR_S])
def test_a_clock_that_is_wrong_for_minutes_deletes_nothing(tmp_path: Path, step_s: float) -> None:
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 200, 60)
        before = files_of(tmp_path, CHAIN)
        device.wall_s += step_s
        fill(log, device, 60, 60)  # over the end of a file and more
        device.wall_s -= step_s
        fill(log, device, 60, 60)
    assert len(before) > 8
    assert set(before) <= set(files_of(tmp_path, CHAIN))
    report = verify_chain(tmp_path, CHAIN)
    assert (report.first, report.problems, report.pruned) == (1, (), ())


def test_a_restart_with_a_wrong_clock_deletes_nothing(tmp_path: Path) -> None:
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 100, 60)
    device.wall_s += 20 * YEAR_S
    device.ran_s = 0.0  # another boot
    with device.log(tmp_path) as log:
        fill(log, device, 100, 60)
    assert verify_chain(tmp_path, CHAIN).first == 1


def test_files_older_than_is_retained_go_with_a_record_of_what_when_and_why(
    tmp_path: Path,
) -> None:
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 120, DAY_S / 10)
    report = verify_chain(tmp_path, CHAIN)
    assert report.first > 1
    assert report.problems == ()
    newest = report.pruned[-1]
    assert newest.through.sequence == report.first - 1
    assert newest.retain_days == 2
    assert newest.running_age_s is not None
    assert newest.running_age_s > 2 * DAY_S
    assert "audit.retain_days (2)" in str(newest)
    assert newest.time > str(newest.written_until) > "2026-11-20"


def test_nothing_younger_than_is_retained_is_ever_deleted(tmp_path: Path) -> None:
    """The oracle is the device's own account of how long it ran when each entry was written."""
    device = Device()
    ran_s: dict[int, float] = {}
    with device.log(tmp_path, retain_days=3) as log:
        for number in range(300):
            entry = log.append("frames", camera="lobby", frames=number, wiped=0, seconds=60.0)
            ran_s[entry.sequence] = device.ran_s
            device.passes(DAY_S / 20)
            device.wall_s += (-1) ** number * number * DAY_S  # and a clock gone mad
            there = {entry.sequence for entry in read_chain(tmp_path, CHAIN)}
            gone = set(ran_s) - there
            assert all(device.ran_s - ran_s[sequence] > 3 * DAY_S for sequence in gone)
    assert gone


def test_never_more_than_a_quarter_at_once(tmp_path: Path) -> None:
    device = Device()
    with device.log(tmp_path, retain_days=100) as log:
        fill(log, device, 400, 60)
        assert len(full_files(tmp_path, CHAIN)) >= 20
        device.passes(YEAR_S)  # it ran on, and had nothing to tell
        before = full_files(tmp_path, CHAIN)
        while full_files(tmp_path, CHAIN)[0] == before[0]:
            log.append("frames", camera="lobby", frames=0, wiped=0, seconds=60.0)
        left = set(before) & set(full_files(tmp_path, CHAIN))
    assert len(before) * 3 / 4 <= len(left) < len(before)


def test_running_time_goes_on_over_restarts_and_days_without_power(tmp_path: Path) -> None:
    device = Device()
    for _ in range(5):
        device.ran_s = 1000.0  # of this boot; the device was off for a month before it
        device.wall_s += 30 * DAY_S
        with device.log(tmp_path) as log:
            fill(log, device, 10, 100)
    told = [entry.running_s for entry in read_chain(tmp_path, CHAIN)]
    assert told == sorted(told, key=lambda value: value or 0)
    assert told[-1] == 5 * 900  # from the first entry to the last of each run
    assert verify_chain(tmp_path, CHAIN).problems == ()


def test_a_log_from_before_running_time_is_continued_and_kept(tmp_path: Path) -> None:
    device = Device()
    entries = [make_entry(CHAIN, Head(0, GENESIS), "2020-01-01T00:00:00.000Z", "log.opened", {})]
    for number in range(30):
        entries.append(
            make_entry(CHAIN, entries[-1].head, "2020-01-01T00:00:00.000Z", "frames",
                       {"frames": number})
        )  # fmt: skip
    growing_file(tmp_path, CHAIN).write_bytes(b"".join(entry.line() for entry in entries))
    with device.log(tmp_path) as log:
        fill(log, device, 100, 60)
        assert verify_chain(tmp_path, CHAIN).first == 1
        device.passes(3 * DAY_S)
        fill(log, device, 100, 60)
    report = verify_chain(tmp_path, CHAIN)
    assert (report.problems, report.first > 1) == ((), True)


def test_a_record_of_the_wall_clock_is_told_as_that(tmp_path: Path) -> None:
    first = make_entry(CHAIN, Head(0, GENESIS), "2020-01-01T00:00:00.000Z", "log.opened", {})
    gone = {"through": 1, "hash": first.hash}
    told = make_entry(CHAIN, first.head, "2022-01-02T00:00:00.000Z", "log.pruned", gone)
    growing_file(tmp_path, CHAIN).write_bytes(told.line())
    report = verify_chain(tmp_path, CHAIN)
    assert report.problems == ()
    assert "by the wall clock" in str(report.pruned[0])


def test_a_pruning_before_its_time_is_a_problem(tmp_path: Path) -> None:
    """A writer that deletes too early leaves a chain whose hashes fit; its own record tells."""
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 40, 60)
    oldest = full_files(tmp_path, CHAIN)[0]
    last = read_entry(oldest.read_bytes().splitlines(keepends=True)[-1])
    with device.log(tmp_path) as log:
        log.append(
            "log.pruned", first=1, through=last.sequence, hash=last.hash, retain_days=2,
            running_age_s=DAY_S, reason="because", written_until=last.time,
        )  # fmt: skip
    oldest.unlink()
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert "pruned too early" in problem.what


def test_a_pruning_that_hides_its_age_is_a_problem(tmp_path: Path) -> None:
    """Since running time is kept, the form of 0.1.0, which told no age, is nobody's any more."""
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 40, 60)
    oldest = full_files(tmp_path, CHAIN)[0]
    last = read_entry(oldest.read_bytes().splitlines(keepends=True)[-1])
    with device.log(tmp_path) as log:
        log.append("log.pruned", first=1, through=last.sequence, hash=last.hash)
    oldest.unlink()
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert "does not say how old" in problem.what


def test_checkpoints_of_entries_that_are_gone_are_told_and_the_last_is_compared(
    tmp_path: Path,
) -> None:
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 100, 60)
        early = read_entry(growing_or_first(tmp_path).splitlines(keepends=True)[2]).head
        device.passes(3 * DAY_S)
        fill(log, device, 100, 60)
    report = verify_chain(tmp_path, CHAIN, [early])
    assert (report.problems, report.uncompared, report.covered) == ((), 1, 0)
    through = report.pruned[-1].through
    assert verify_chain(tmp_path, CHAIN, [early, through]).problems == ()
    other = Head(through.sequence, "f" * 64)
    (problem,) = verify_chain(tmp_path, CHAIN, [other]).problems
    assert "rewritten" in problem.what
    two = [early, Head(early.sequence, "e" * 64)]
    assert "two entries" in verify_chain(tmp_path, CHAIN, two).problems[0].what


def pruned_after_three_days(folder: Path, device: Device) -> list[Checkpoint]:
    """A log that prunes after two days, and its checkpoints: one a day, the true time in each."""
    taken = []
    with device.log(folder) as log:
        for _ in range(4):
            fill(log, device, 50, 60)
            now = datetime.fromtimestamp(device.wall_s, timezone.utc)
            taken.append(take_checkpoint(folder, now))
            device.passes(DAY_S)
    report = verify_chain(folder, CHAIN)
    assert report.pruned
    assert not report.problems
    return taken


def problems(folder: Path, kept: list[Checkpoint], retain_days: int = 0) -> list[str]:
    report = verify_chain(
        folder, CHAIN, retain_days=retain_days, sightings=[point.sighting(CHAIN) for point in kept]
    )
    return [problem.what for problem in report.problems]


def test_what_was_deleted_before_the_retention_that_is_to_be_kept_is_a_problem(
    tmp_path: Path,
) -> None:
    """Who could set a shorter one for an hour must not be rid of the entries in silence."""
    pruned_after_three_days(tmp_path, Device())
    assert problems(tmp_path, [], retain_days=2) == []
    found = problems(tmp_path, [], retain_days=730)
    assert len(found) == len(verify_chain(tmp_path, CHAIN).pruned)
    assert all("730 days are to be kept (the retention then: 2)" in what for what in found)


def test_checkpoints_tell_the_age_of_what_a_log_says_is_old(tmp_path: Path) -> None:
    """The log, its ages included, was written anew; what was kept elsewhere was not."""
    device = Device()
    honest = pruned_after_three_days(tmp_path / "honest", device)
    assert problems(tmp_path / "honest", honest) == []
    forger = Device()
    with forger.log(tmp_path / "forged") as log:
        fill(log, forger, 50, 60)
        begin = datetime.fromtimestamp(forger.wall_s, timezone.utc)
        taken = [take_checkpoint(tmp_path / "forged", begin)]
        fill(log, forger, 50, 60)
        forger.ran_s += 3 * DAY_S  # says so; an hour passes
        fill(log, forger, 50, 60)
    end = datetime.fromtimestamp(forger.wall_s, timezone.utc)
    taken.append(take_checkpoint(tmp_path / "forged", end))
    assert problems(tmp_path / "forged", []) == []
    found = problems(tmp_path / "forged", taken)
    assert found
    assert all("by the times of kept checkpoints" in what for what in found)


@pytest.mark.parametrize("ahead_s", [YEAR_S, -YEAR_S])
@pytest.mark.parametrize("which", range(4))
def test_a_checkpoint_of_a_wrong_clock_accuses_nobody(
    tmp_path: Path, which: int, ahead_s: int
) -> None:
    device = Device()
    kept = pruned_after_three_days(tmp_path, device)
    moment = parse_rfc3339(kept[which].time) + timedelta(seconds=ahead_s)
    kept[which] = Checkpoint(rfc3339_whole(moment), kept[which].heads)
    is_told = (which, ahead_s) not in {(0, -YEAR_S), (3, YEAR_S)}  # those are in order
    found = problems(tmp_path, kept)
    assert [what.partition(":")[0] for what in found] == ["disordered"] * is_told


def growing_or_first(folder: Path) -> bytes:
    return (full_files(folder, CHAIN) or [growing_file(folder, CHAIN)])[0].read_bytes()


def test_a_file_that_never_fills_comes_to_its_end_by_age(tmp_path: Path) -> None:
    """Some entries a day: a size alone would keep the first for years."""
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 40, DAY_S / 4)
    kept = [entry.running_s for entry in read_chain(tmp_path, CHAIN)]
    assert 2 * DAY_S <= device.ran_s - kept[0] <= 4 * DAY_S
    report = verify_chain(tmp_path, CHAIN, retain_days=2)
    assert not report.problems
    assert report.pruned


def test_an_idle_chain_ends_when_it_is_asked_to_and_not_before(tmp_path: Path) -> None:
    device = Device()
    with device.log(tmp_path) as log:
        fill(log, device, 3, 60)
        assert log.keep_house() == 0
        device.wall_s += 40 * YEAR_S
        assert log.keep_house() == 0
        device.passes(3 * DAY_S)
        log.keep_house()
        device.passes(3 * DAY_S)
        assert log.keep_house() == 1
    assert "frames" not in {entry.event for entry in read_chain(tmp_path, CHAIN)}
    assert not verify_chain(tmp_path, CHAIN, retain_days=2).problems


def test_a_chain_that_is_written_for_moments_ages_with_its_device(tmp_path: Path) -> None:
    """By the longest that any chain ran, and not by a clock; its own time never goes back."""
    device = Device()

    def register() -> AuditLog:
        settings = AuditSettings(folder=tmp_path, file_bytes=4096, retain_days=2)
        return AuditLog(settings, "operator", clock=lambda: 0, monotonic=lambda: 0, of_device=True)

    with register() as log:
        log.append("access", who="desk", what="old", reason="")
    for _ in range(3):
        with device.log(tmp_path, retain_days=99) as log:
            fill(log, device, 2, DAY_S)
        with register() as log:
            log.keep_house()
            log.append("access", who="desk", what="later", reason="")
    kept = [entry.facts.get("what") for entry in read_chain(tmp_path, "operator", "access")]
    assert "old" not in kept
    assert kept[-1] == "later"
    assert not verify_chain(tmp_path, "operator", retain_days=2).problems


def test_what_is_needed_stays_whatever_its_age(tmp_path: Path) -> None:
    device = Device()
    needed = [1]
    with AuditLog(
        AuditSettings(folder=tmp_path, file_bytes=4096, retain_days=2),
        CHAIN,
        monotonic=lambda: device.ran_s,
        needs=lambda: needed[0],
    ) as log:
        fill(log, device, 60, DAY_S / 2)
        assert next(read_chain(tmp_path, CHAIN)).sequence == 1
        needed[0] = 30
        log.keep_house()
        fill(log, device, 60, DAY_S / 2)
        first = next(read_chain(tmp_path, CHAIN)).sequence
    assert 1 < first <= 30
