# SPDX-License-Identifier: Apache-2.0
"""What version 0.1.0 wrote and sent is read and taken by this one, and goes on."""

import gzip
import hashlib
import http.client
import json
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from waiting import wait_until

from privcv_collector.api.app import create_app
from privcv_collector.collector import Collector
from privcv_collector.devices.access import AccessTokens
from privcv_collector.devices.administration import issue_access_token
from privcv_collector.devices.revocation import revoke_access_token
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import open_database
from privcv_core.audit.log import AuditLog
from privcv_core.audit.settings import AuditSettings
from privcv_core.audit.verify import verify_chain
from privcv_core.protocol.envelope import parse, seal
from privcv_core.protocol.release import read_release
from privcv_core.protocol.signing import SigningKey
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.outbox.outbox import Outbox

RECORDED = Path(__file__).parent / "recorded_0_1_0" / "device"
NEWER = SigningKey("Ed25519", bytes([2]) * 32)


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A copy of the recorded files."""
    folder = tmp_path / "device"
    shutil.copytree(RECORDED, folder)
    for path in folder.glob("*.gz"):
        (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    return folder


@pytest.fixture
def sent() -> list[SimpleNamespace]:
    """Requests of the recorded device, in order, with what the collector of 0.1.0 answered."""
    lines = (RECORDED / "traffic.jsonl").read_text().splitlines()
    return [
        SimpleNamespace(path=path, body=body.encode(), status=status, answer=answer)
        for path, body, status, answer in map(json.loads, lines)
    ]


@pytest.fixture
def their_time(sent: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock of a collector at the time of the recording."""
    now = parse(sent[1].body).sent_at
    for name, module in list(sys.modules.items()):
        if name.startswith("privcv_collector") and hasattr(module, "now_utc"):
            monkeypatch.setattr(module, "now_utc", lambda: now)
    return now


def outbox_payloads(path: Path) -> dict[int, bytes]:
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute("SELECT sequence, payload FROM releases"))


def test_its_ledger_goes_on(device: Path) -> None:
    """What it never acknowledged has, spelled anew, the bytes that its uplink had made of it."""
    payloads = outbox_payloads(device / "outbox.db")
    with Ledger(device / "ledger.db") as ledger:
        assert (ledger.head, ledger.accepted_through) == (6, 4)
        waiting = ledger.unacknowledged()
        assert [release.sequence for release in waiting] == [5, 6]
        for release in waiting:
            assert release.payload != payloads[release.sequence]
            assert release.read().canonical() == payloads[release.sequence]
        again = ledger.release("lobby|1769904180|60|zones", [], lambda *_: b"never")
        assert (again.sequence, again.fresh) == (5, False)
        ledger.acknowledge(6)
        assert ledger.release("lobby|1769904240|60|zones", [], lambda *_: b"next").sequence == 7


def test_its_outbox_sends_what_it_had_planned(device: Path) -> None:
    stored = outbox_payloads(device / "outbox.db")
    outbox = Outbox(device / "outbox.db")
    contents = outbox.contents()
    assert (contents.accepted_through, contents.delivered, contents.pending) == (6, 1, 5)
    batches = outbox.hand_out(datetime(2026, 3, 1, tzinfo=timezone.utc), 100, 10**6)
    assert [(batch.sequence, batch.first, batch.last) for batch in batches] == [
        (number, number, number) for number in range(2, 7)
    ]
    assert {batch.sent_at for batch in batches} == {datetime(2026, 1, 31, 9, tzinfo=timezone.utc)}
    for batch in batches:
        body = b'{"dropped":0,"releases":[%s]}' % stored[batch.first]
        assert batch.body_bytes == body
        assert read_release(stored[batch.first]).canonical() == stored[batch.first]
    outbox.close()


def test_its_audit_chain_goes_on(device: Path) -> None:
    folder = device / "audit"
    with AuditLog(AuditSettings(folder=folder), "aggregation") as log:
        before = log.head.sequence
        assert before == 16
        log.append("budget.spent", camera="lobby", sequence=7, epsilon=0.5, delta=0.0, digest="ab")
    assert not verify_chain(folder, "aggregation").problems
    assert verify_chain(folder, "aggregation").head.sequence == before + 1


class Client:
    """A collector over ``database`` in a thread of this process, whose clock a test may set."""

    def __init__(self, database: Path) -> None:
        app = create_app(Collector(CollectorSettings(db=f"sqlite:///{database}")))
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        wait_until(lambda: self._server.started, 30.0)

    def post(self, path: str, content: bytes) -> SimpleNamespace:
        """Send one request; the status and the JSON of the answer."""
        address = self._server.servers[0].sockets[0].getsockname()
        connection = http.client.HTTPConnection(*address, timeout=30)
        with closing(connection):
            connection.request("POST", path, content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            return SimpleNamespace(status=answer.status, answer=json.loads(content))

    def stop(self) -> None:
        """Let the server end."""
        self._server.should_exit = True
        self._thread.join(20)


def allow(database: Path, token: str, now: datetime, device: str | None) -> None:
    """The token that the recorded device enrols with is one of this collector, for ``device``."""
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("INSERT INTO sites (name) VALUES ('office')")
        db.execute(
            "INSERT INTO enrolment_tokens (digest, site_pk, created_at, expires_at, device)"
            " VALUES (?, 1, ?, ?, ?)",
            (hashlib.sha256(token.encode()).hexdigest(), str(now.replace(tzinfo=None)) + ".000000",
             "2999-01-01 00:00:00.000000", device),
        )  # fmt: skip


def rows(database: Path, table: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4").fetchall()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Any]:
    """``post(database)`` is a client of a collector over it."""
    opened = []

    def client(database: Path) -> Client:
        opened.append(Client(database))
        return opened[-1]

    yield client
    for one in opened:
        one.stop()


def test_its_traffic_is_taken(
    device: Path, sent: list[SimpleNamespace], their_time: datetime, tmp_path: Path, post: Any
) -> None:
    """Enrolment, batch, rotation, batch, checkpoint: the same answers, and the same rows."""
    database = tmp_path / "new.db"
    client = post(database)
    enrolment = json.loads(sent[0].body)
    allow(database, enrolment["token"], their_time, enrolment["device"])
    for request in sent:
        answer = client.post(request.path, content=request.body)
        for told in (answer.answer, request.answer):
            told.pop("previous_expires_at", None)  # told by the collector's own clock
            told.pop("last_release", None)  # told since; who does not know it does not read it
            # What "ok" never was: that nothing contradicts it. No device decides by it.
            told.update({"verdict": "not_contradicted"} if told.get("verdict") == "ok" else {})
        assert (answer.status, answer.answer) == (request.status, request.answer)
    for table in ("zone_reports", "dwell_reports", "series"):
        assert rows(database, table) == rows(device / "collector.db", table) != []
    stored = {row[1]: row[3] for row in rows(database, "releases")}
    payloads = outbox_payloads(device / "outbox.db")
    for number, payload in payloads.items():
        assert stored[number] == hashlib.sha256(payload).digest()


def test_its_enrolment_without_a_token_for_it_is_refused_in_words(
    sent: list[SimpleNamespace], their_time: datetime, tmp_path: Path, post: Any
) -> None:
    """It proves nothing, so that whoever knows its id could take the id: its uplink says so."""
    client = post(tmp_path / "new.db")
    enrolment = json.loads(sent[0].body)
    allow(tmp_path / "new.db", enrolment["token"], their_time, None)
    answer = client.post("/v1/devices", content=sent[0].body)
    assert (answer.status, answer.answer["error"]) == (401, "unproven")
    assert "version 0.1.0" in answer.answer["message"]
    assert "token issued for this id" in answer.answer["message"]


def test_its_database_is_brought_up_to_date(device: Path) -> None:
    """Every row of 0.1.0 is as it was, and what is new can be used."""
    database = device / "collector.db"
    url = f"sqlite:///{database}"
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(
            "INSERT INTO access_tokens (name, digest, role, sites, created_at)"
            " VALUES ('old', ?, 'admin', '[]', '2026-01-01 00:00:00')",
            (hashlib.sha256(b"an-old-token").hexdigest(),),
        )
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        tables.remove("alembic_version")
        named = ("SELECT {} FROM " + table + " ORDER BY 1" for table in sorted(tables))
        before = {query: rows_of(db, query) for query in named}
    engine = open_database(url)
    engine.dispose()
    with closing(sqlite3.connect(database)) as db:
        for query, (columns, kept) in before.items():
            assert db.execute(query.format(", ".join(columns))).fetchall() == kept, query
    access = AccessTokens(open_database(url), None).access("an-old-token")
    assert (access.role, access.actor.name) == ("admin", "old")
    issue_access_token(url, "new", "viewer", by=access.actor)
    assert revoke_access_token(url, "old").access_tokens == ["old", "new"]


def rows_of(db: sqlite3.Connection, query: str) -> tuple[list[str], list[Any]]:
    """The columns of a table, by name, and its rows."""
    table = query.split()[3]
    columns = sorted(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
    return columns, db.execute(query.format(", ".join(columns))).fetchall()


def test_its_database_goes_on(
    device: Path, sent: list[SimpleNamespace], their_time: datetime, post: Any
) -> None:
    """What is stored there is known again, alone or with what is new; other content is not."""
    database = device / "collector.db"
    client = post(database)
    again = client.post("/v1/batches", content=sent[3].body)
    told = {"accepted": 4, "duplicate": True, "last_release": 6}
    assert again.answer == {**sent[3].answer, **told}
    name = parse(sent[3].body).device
    known = json.loads(sent[3].body)["body"]["releases"]
    payloads = [read_release(json.dumps(release).encode()) for release in known]
    new = payloads[-1].model_copy(update={"sequence": 7})

    def batch(*releases: Any) -> bytes:
        body = b'{"dropped":0,"releases":[%s]}' % b",".join(r.canonical() for r in releases)
        return seal(NEWER, name, 3, their_time, body)

    other = payloads[-1].model_copy(
        update={"dwell": [r.model_copy(update={"coverage": 0.5}) for r in payloads[-1].dwell]}
    )
    refused = client.post("/v1/batches", content=batch(other))
    assert (refused.status, refused.answer["error"]) == (409, "release_conflict")
    answer = client.post("/v1/batches", content=batch(*payloads, new))
    assert (answer.status, answer.answer["accepted"]) == (200, 1)
