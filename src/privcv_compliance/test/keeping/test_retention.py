# SPDX-License-Identifier: Apache-2.0
"""What was kept for long enough ends, by running time; what is open, or in force, does not."""

import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from compliance_site import run
from lesser_user import NOBODY, as_nobody, folder_of_all, needs_root

from privcv_compliance.answers.requests import Request, answered, register, requests_in
from privcv_compliance.breaches.register import breaches_in, close, record
from privcv_compliance.cli.retention import command
from privcv_compliance.keeping.retention import end_what_is_old, rules
from privcv_compliance.operator_log import OPERATOR, operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.authorization.record_file import load_signed

DAY_S = 86400
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@pytest.fixture
def short(site: SiteFile) -> SiteFile:
    """A site with the shortest retention of the register there may be."""
    site.path.write_text(
        site.path.read_text()
        + "retention: {register_days: 400, authorizations_days: 30}\n"
        + "audit: {folder: state/audit, retain_days: 60}\n"
    )
    return SiteFile.read(site.path)


def runs(site: SiteFile, days: float) -> None:
    """The device runs for so long, as a node's log tells, and is looked after each 50 days."""
    left = days
    while left > 0:
        ran, left = min(left, 50.0), left - 50.0
        ticks = iter([0.0])  # at its opening, and for ever after
        clock = partial(next, ticks, ran * DAY_S)
        with AuditLog(site.audit, "lobby.detection", monotonic=clock) as log:
            log.append("frames", camera="lobby", frames=1, wiped=1, seconds=60.0)
        end_what_is_old(site)


@contextmanager
def at_work(site: SiteFile) -> Iterator[AuditLog]:
    with operator_log(site.audit) as log:
        yield log


def received(site: SiteFile, reference: str) -> Request:
    with at_work(site) as log:
        return register(log, "access", "gdpr", ["lobby"], TODAY, reference, today=TODAY)


def references(site: SiteFile) -> list[str]:
    return [request.reference for request in requests_in(site.audit.folder)]


def test_answered_requests_end_and_open_ones_stay(short: SiteFile) -> None:
    first = received(short, "2026/1")
    with at_work(short) as log:
        answered(log, first, "granted", "", 0)
    runs(short, 300)
    assert references(short) == ["2026/1"]
    second = received(short, "2026/2")
    runs(short, 300)
    assert references(short) == ["2026/2"]
    runs(short, 900)
    assert references(short) == ["2026/2"], "it is open"
    with at_work(short) as log:
        answered(log, second, "granted", "", 0)
    runs(short, 700)
    assert references(short) == []
    assert not verify_chain(short.audit.folder, OPERATOR, retain_days=60).problems
    assert list(read_chain(short.audit.folder, OPERATOR, "log.pruned"))


def test_an_open_breach_keeps_what_is_after_it(short: SiteFile) -> None:
    with at_work(short) as log:
        breach = record(
            log, what="lost", data=["keys"], whom=["visitors"], cameras=["lobby"], risk="none",
            noticed=NOW, now=NOW,
        )  # fmt: skip
    runs(short, 1200)
    assert [one.id for one in breaches_in(short.audit.folder)] == [breach.id]
    with at_work(short) as log:
        close(log, breach, "no risk")
    runs(short, 700)
    assert breaches_in(short.audit.folder) == []


def test_no_clock_ends_anything(short: SiteFile) -> None:
    first = received(short, "2026/1")
    with AuditLog(short.audit, "lobby.tracking", clock=lambda: 4_000_000_000 * 10**9) as log:
        log.append("fault", where="clock", what="2096")
    with at_work(short) as log:
        answered(log, first, "granted", "", 0)
    assert end_what_is_old(short) == []
    assert references(short) == ["2026/1"]


@pytest.mark.parametrize("reopened", [False, True])
def test_an_authorization_ends_that_was_closed_for_long_and_not_by_a_clock(
    short: SiteFile, reopened: bool
) -> None:
    authorization = short.camera("lobby").authorization
    assert authorization is not None
    assert authorization.file is not None
    (opened,) = read_chain(short.audit.folder, "lobby.detection", "gate.opened")
    record_id = str(opened.facts["record"])
    with AuditLog(short.audit, "lobby.detection") as log:
        log.append(
            "gate.closed", camera="lobby", record=record_id, kind="expired", reason="expired"
        )
        if reopened:
            log.append("gate.opened", camera="lobby", record=record_id, until="later")
    runs(short, 20)
    assert authorization.file.exists()
    runs(short, 20)
    assert authorization.file.exists() == reopened
    ended = list(read_chain(short.audit.folder, OPERATOR, "kept.ended"))
    assert [entry.facts["through"] for entry in ended] == ([] if reopened else [record_id])


def test_every_store_has_an_end_that_the_command_names(short: SiteFile, tmp_path: Path) -> None:
    said = run(command, "status", "--site", str(short.path))
    for rule in rules(short):
        assert rule.store in said
        assert rule.setting in said
    assert "the device ran for 0.0 days" in said
    assert timedelta(days=min(rule.days for rule in rules(short))) >= timedelta(days=10)
    assert run(command, "run", "--site", str(short.path)) == ""


@needs_root
def test_root_ends_what_a_user_wrote_whose_process_is_gone(
    short: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process is a user of its own under systemd; the timer's service is root's."""
    name = "privcv-camera"
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name=name))
    with folder_of_all() as folder:
        audit = AuditSettings(folder=folder, file_bytes=4096, retain_days=60)
        own = folder / name
        own.mkdir(mode=0o750)
        os.chown(own, NOBODY, NOBODY)
        as_nobody(lambda: _ran(audit, "yard.detection", 400 * DAY_S))
        _ran(audit, "lobby.detection", 900 * DAY_S)  # of root's here, so the device goes on
        text = short.path.read_text().replace("folder: state/audit", f"folder: {folder}")
        short.path.write_text(text)
        elsewhere = SiteFile.read(short.path)
        ended = [one for _ in range(2) for one in end_what_is_old(elsewhere)]  # first full
        told = [(one.number, one.problem) for one in ended if one.store.endswith("yard.detection")]
        assert told == [(1, "")]
        assert not list(folder.glob("yard.*")), "it stays where its user writes"
        assert {path.stat().st_uid for path in own.iterdir()} == {NOBODY}
        assert as_nobody(lambda: _ran(audit, "yard.detection", 1.0)) is None
        assert verify_chain(folder, "yard.detection", retain_days=60).problems == ()


def _ran(audit: AuditSettings, chain: str, seconds: float) -> None:
    ticks = iter([0.0])
    with AuditLog(audit, chain, monotonic=partial(next, ticks, seconds)) as log:
        log.append("fault", where="here", what="something")


def _plant(folder: Path, chain: str, *told: tuple[str, dict[str, str], int]) -> None:
    """A chain of a user of its own, in a folder of its own, that says what it likes."""
    own = folder / "camera"
    own.mkdir()
    head, content = Head(0, GENESIS), b""
    for event, facts, running_s in (("log.opened", {}, 0), *told):
        entry = make_entry(chain, head, "2026-11-20T12:00:00.000Z", event, facts, running_s)
        head, content = entry.head, content + entry.line()
    (own / f"{chain}.jsonl").write_bytes(content)
    for path in (own, own / f"{chain}.jsonl"):
        os.chown(path, 12345, 12345)


@needs_root
def test_one_users_chain_does_not_age_the_register(short: SiteFile) -> None:
    small = short.audit.model_copy(update={"file_bytes": 4096})
    with operator_log(small) as log:
        for _ in range(60):
            log.append("access", who="desk", what="w" * 100, reason="r" * 100)
    files = len(list(short.audit.folder.glob("operator.*jsonl")))
    _plant(short.audit.folder, "lobby.tracking", ("process.stopped", {}, 2**40))
    for _ in range(12):
        end_what_is_old(short)
    assert len(list(short.audit.folder.glob("operator.*jsonl"))) == files
    with operator_log(short.audit) as log:
        assert log.running_s < DAY_S


@needs_root
def test_what_others_say_ages_the_register_as_the_wall_clock_does(short: SiteFile) -> None:
    with operator_log(short.audit) as log:
        began_s = log.running_s
    _plant(short.audit.folder, "lobby.tracking", ("process.stopped", {}, began_s + 9 * DAY_S))
    later = time.time_ns() + 5 * DAY_S * 10**9
    with AuditLog(short.audit, OPERATOR, of_device=True, clock=lambda: later) as log:
        assert began_s + 5 * DAY_S <= log.running_s < began_s + 5 * DAY_S + 600
    much_later = time.time_ns() + 900 * DAY_S * 10**9
    with AuditLog(short.audit, OPERATOR, of_device=True, clock=lambda: much_later) as log:
        assert log.running_s < began_s + 9 * DAY_S + 600, "a clock that is set ages nothing"


@needs_root
def test_only_register_and_gate_say_that_a_record_closed_for_good(short: SiteFile) -> None:
    file = short.camera("lobby").authorization.file
    closed = {"camera": "lobby", "record": load_signed(file).record.id, "kind": "withdrawn"}
    told = (("gate.closed", closed, 1), ("process.stopped", {}, 2**40))
    _plant(short.audit.folder, "lobby.tracking", *told)
    end_what_is_old(short)
    assert file.exists()
