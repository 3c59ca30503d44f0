# SPDX-License-Identifier: Apache-2.0
"""A file of a later version is refused with a line that says so, and is not changed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import open_database
from privcv_core.audit.entry import AuditLogError, Head, make_entry
from privcv_core.audit.log import AuditLog
from privcv_core.audit.settings import AuditSettings
from privcv_core.audit.verify import verify_chain
from privcv_core.errors import KeyFileError
from privcv_core.protocol.envelope import parse, seal
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey
from privcv_core.protocol.timestamps import EPOCH
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.budget.ledger_file import open_for_reading
from privcv_privacy.errors import LedgerError
from privcv_uplink.delivery import device_keys
from privcv_uplink.errors import UplinkError
from privcv_uplink.outbox.outbox import Outbox
from privcv_uplink.outbox.state import digest


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, values)


def test_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.release("a", [], lambda *_: b"x")
    change(path, "PRAGMA user_version = 3")
    with pytest.raises(LedgerError, match="format 3, this program knows 2"):
        Ledger(path)
    with pytest.raises(LedgerError, match="format 3"), open_for_reading(path):
        pass


def test_an_outbox(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    outbox.accept(1, b"{}")
    outbox.close()
    with closing(sqlite3.connect(path)) as database:
        ((content,),) = database.execute("SELECT content FROM state").fetchall()
    newer = json.dumps({**json.loads(content), "version": 2, "lanes": []}).encode()
    change(path, "UPDATE state SET content = ?, digest = ?", newer, digest(0, newer))
    with pytest.raises(UplinkError, match=r"outbox\.db: the outbox has format 2, .* knows 1"):
        Outbox(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT content FROM state").fetchall() == [(newer,)]
        assert database.execute("SELECT count(*) FROM releases").fetchone() == (1,)


def test_an_audit_log(tmp_path: Path) -> None:
    settings = AuditSettings(folder=tmp_path)
    AuditLog(settings, "lobby").close()
    path = tmp_path / "lobby.jsonl"
    time = json.loads(path.read_text())["time"]
    path.write_bytes(
        make_entry("lobby", Head(0, "0" * 64), time, "log.opened", {"version": 2}).line()
    )
    with pytest.raises(AuditLogError, match="is of version 2 of the log, this program knows 1"):
        AuditLog(settings, "lobby")
    (problem,) = verify_chain(tmp_path, "lobby").problems
    assert "version 2" in str(problem)


def test_a_collectors_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'collector.db'}"
    open_database(url).dispose()
    change(tmp_path / "collector.db", "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CollectorError, match="newer"):
        open_database(url)


def test_a_key_file(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    device_keys.new(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "v": 2}))
    with pytest.raises(KeyFileError, match=r"key\.json"):
        device_keys.read(path)


def test_an_envelope() -> None:
    raw = seal(SigningKey("Ed25519", bytes(32)), "0" * 32, 1, EPOCH, b"{}")
    with pytest.raises(EnvelopeError, match=r"v \(= 1\)"):
        parse(raw.replace(b'"v":1}', b'"v":2}'))
