# SPDX-License-Identifier: Apache-2.0
"""Backups restored, and a dead device replaced, as docs/operations.md says."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from collector_client import Device, call
from postgresql_server import PostgresqlServer, is_installed, postgresql, program
from sqlalchemy import text
from stored_reports import stored
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.devices.administration import issue_access_token, issue_enrolment_token
from privcv_collector.storage.database import open_database
from privcv_collector.testing import CollectorProcess, running_collector
from privcv_core.audit.log import AuditLog
from privcv_core.audit.settings import AuditSettings
from privcv_core.audit.verify import verify_chain
from privcv_core.parent import parent_environment
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.release import Release
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.delivery import device_keys
from privcv_uplink.uplink import Uplink

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    if not is_installed():
        pytest.skip("no PostgreSQL server (initdb, postgres) is installed")
    with (
        tempfile.TemporaryDirectory(prefix="privcv-pg-", dir="/tmp") as folder,
        postgresql(Path(folder)) as running,
    ):
        yield running


def test_a_dump_restored_holds_what_it_held_and_shows_what_it_lacks(
    server: PostgresqlServer, release: Make, tmp_path: Path
) -> None:
    db = server.new_database("lost")
    with running_collector(db) as collector:
        device = Device(collector.url)
        assert device.enrol(issue_enrolment_token(db, "office")).status == 201
        for number in range(1, 6):
            assert device.send(release(number)).status == 200
        dump = tmp_path / "totals.dump"
        with dump.open("wb") as file:
            connection = ["-h", str(server.folder), "-U", "privcv"]
            subprocess.run(
                [program("pg_dump"), "-Fc", *connection, "lost"], stdout=file, check=True
            )
        for number in range(6, 9):
            assert device.send(release(number)).status == 200
    restored = server.new_database("restored")
    subprocess.run(
        [program("pg_restore"), *connection, "--no-owner", "-d", "restored", dump], check=True
    )
    name = device.name
    assert stored(restored) == [(name, number) for number in range(1, 6)]
    with running_collector(restored) as collector:
        device.url = collector.url
        late = device.send(release(9))
        assert (late.status, late.content["next_sequence"]) == (409, 6)
        device.sequence = 6
        assert device.send(release(5), release(9)).content["accepted"] == 1  # 5 is known
        bearer = f"Bearer {issue_access_token(restored, 'who', 'auditor')}"
        devices = call(collector.url, "GET", "/v1/devices", Authorization=bearer)
    (gaps,) = [shown["gaps"] for shown in devices.content["devices"]]
    assert [(gap["first_release"], gap["last_release"]) for gap in gaps] == [(6, 8)]
    assert stored(restored) == [(name, number) for number in (1, 2, 3, 4, 5, 9)]


def test_a_copy_of_a_sqlite_file_that_is_in_use_is_whole(release: Make, tmp_path: Path) -> None:
    db, copy = f"sqlite:///{tmp_path}/totals.db", tmp_path / "copy.db"
    with running_collector(db) as collector:
        device = Device(collector.url)
        device.enrol(issue_enrolment_token(db, "office"))
        device.send(release(1))
        with closing(sqlite3.connect(tmp_path / "totals.db")) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        device.send(release(2))
    assert stored(f"sqlite:///{copy}") == [(device.name, 1)]
    assert copy.stat().st_mode & 0o077 == 0  # whoever opens it takes it from others


class Machine:
    """The state of a device in a folder: ledger, outbox, key and audit log, and what uses them."""

    def __init__(self, state: Path, release: Make, **settings: Any) -> None:
        state.mkdir(exist_ok=True)
        self.state = state
        self._release = release
        self.settings = uplink_settings(state, **settings)
        self.audit = AuditSettings(folder=state / "audit")
        self.start()

    def start(self) -> None:
        self.ledger = Ledger(self.state / "ledger.db")
        self.uplink = Uplink(self.settings)
        self.uplink.start()

    def stop(self) -> None:
        self.uplink.stop()
        self.ledger.close()

    def release(self, window: int) -> None:
        """What the privacy process does with a window."""
        made = self.ledger.release(
            str(window), [], lambda number, _: canonical(self._release(number))
        )
        with AuditLog(self.audit, "aggregation") as log:
            log.append("budget.spent", camera="lobby", sequence=made.sequence, epsilon=0.5,
                       delta=0.0, digest="ab")  # fmt: skip
        for waiting in self.ledger.unacknowledged():
            assert self.uplink.accept(Release.model_validate_json(waiting.payload))
        self.ledger.acknowledge(self.uplink.status().accepted_through)

    def delivered(self) -> None:
        wait_until(lambda: self.uplink.status().pending == 0, 60.0)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[CollectorProcess, str, dict[str, Any]]]:
    """A collector with TLS, its database, and settings that lead there."""
    tls = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/totals.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with running_collector(db, tls=(tls.certificate, tls.key)) as collector:
        yield (
            collector,
            db,
            {
                "url": collector.url.replace("127.0.0.1", "localhost"),
                "pins": list(tls.pins),
                "ca_file": tls.ca_file,
                "enrolment_token_file": token,
            },
        )


def name_of(machine: Machine) -> str:
    return device_keys.read(machine.settings.key_file).device


def test_the_state_of_a_stopped_device_goes_on_on_another_machine(
    place: Any, release: Make, tmp_path: Path
) -> None:
    """Ledger, outbox, key and audit log, copied together while nothing runs."""
    _, db, settings = place
    old = Machine(tmp_path / "old", release, **settings)
    for window in range(3):
        old.release(window)
    old.delivered()
    name = name_of(old)
    old.stop()
    shutil.copytree(old.state, tmp_path / "new")
    new = Machine(tmp_path / "new", release, **settings)
    assert name_of(new) == name
    for window in range(2, 5):  # the window that was released is known there too
        new.release(window)
    new.delivered()
    new.stop()
    assert stored(db) == [(name, number) for number in range(1, 6)]
    verdict = verify_chain(tmp_path / "new" / "audit", "aggregation")
    assert not verdict.problems
    assert verdict.head.sequence >= 5


def test_a_device_takes_the_place_of_a_dead_one_and_no_window_counts_twice(
    place: Any, release: Make, tmp_path: Path
) -> None:
    """The dead one comes back with what it had not delivered: it is refused, and says why."""
    _, db, settings = place
    dead = Machine(tmp_path / "dead", release, **settings)
    for window in range(1, 4):
        dead.release(window)
    dead.delivered()
    dead.stop()
    offline = Machine(tmp_path / "dead", release, **settings | {"url": "https://localhost:1"})
    offline.release(4)  # its network is gone before it is
    offline.stop()
    enrol = [sys.executable, "-m", "privcv_collector", "enrol", "--db", db]
    answer = subprocess.run(
        [*enrol, "--replaces", name_of(dead)],
        capture_output=True, text=True, check=True, env={**os.environ, **parent_environment()},
    )  # fmt: skip
    token = tmp_path / "second-token"
    token.touch(0o600)
    token.write_text(answer.stdout)

    def later(number: int, **values: Any) -> Any:
        return release(number, window_start=f"2026-01-31T08:1{number}:00Z", **values)

    new = Machine(tmp_path / "new", later, **settings | {"enrolment_token_file": token})
    for window in range(3):
        new.release(window)
    new.delivered()
    dead.start()
    wait_until(lambda: dead.uplink.status().state == "blocked", 60.0)
    assert "revoked" in dead.uplink.status().last_error
    assert dead.uplink.status().pending == 1
    dead.stop()
    new.stop()
    with open_database(db).connect() as connection:
        starts = connection.execute(
            text("SELECT window_start FROM zone_reports ORDER BY 1")
        ).scalars()
        windows = list(starts)
        actions = connection.execute(text("SELECT action, target FROM admin_actions")).all()
    assert len(windows) == len(set(windows)) == 6
    assert ("device.revoked", name_of(dead)) in [tuple(row) for row in actions]
