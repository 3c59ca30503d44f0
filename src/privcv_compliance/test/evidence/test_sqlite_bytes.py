# SPDX-License-Identifier: Apache-2.0
"""Every byte of the databases is looked at, and those that our own programs write pass."""

import json
import random
import sqlite3
from pathlib import Path

import pytest
from compliance_site import REPORT

from privcv_compliance.evidence.known_stores import read_ledger, read_outbox
from privcv_compliance.evidence.sqlite_bytes import (
    strange_in_database,
    strange_in_index,
    strange_in_log,
)
from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.outbox.outbox import Outbox


def strange(database: Path) -> list[str]:
    looks = ((strange_in_database, ""), (strange_in_log, "-wal"), (strange_in_index, "-shm"))
    return [
        found
        for look, suffix in looks
        if (path := database.with_name(database.name + suffix)).exists()
        for found in look(path)
    ]


@pytest.mark.parametrize("releases", [1, 40, 1500])
def test_a_ledger_that_was_used_for_long_is_clean_at_every_moment(
    tmp_path: Path, releases: int
) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        for number in range(releases):
            reports = [{**REPORT, "zone": f"zone{z}"} for z in range(1 + number % 7)]
            ledger.release(
                f"lobby|{number}|300|zones",
                [Charge("lobby", f"cohort{number // 3}", 0.1, 1e-9, 1e3, 1e-3, number, number + 9)],
                lambda sequence, affordable, reports=reports: json.dumps(
                    {"sequence": sequence, "zones": reports, "dwell": []}
                ).encode(),
                {f"zone{z}": 0.1 / 3 for z in range(5)},
            )
            if number == releases // 2:
                ledger.acknowledge(number)
        assert strange(path) == []
        assert read_ledger(path).strange == ()
    assert strange(path) == []


def test_an_outbox_that_was_used_for_long_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    for number in range(1, 800):
        payload = {"sequence": number, "zones": [REPORT] * (1 + number % 5), "dwell": []}
        outbox.accept(number, json.dumps(payload).encode())
    assert strange(path) == []
    assert read_outbox(path).strange == ()
    outbox.close()
    assert strange(path) == []


@pytest.mark.parametrize("size", [400, 4000, 40_000])
def test_random_bytes_on_any_page_are_seen(tmp_path: Path, size: int) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.release("a|0|300|zones", [], lambda sequence, affordable: b"{}")
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE gone (content)")
        for seed in range(20):
            db.execute("INSERT INTO gone VALUES (?)", (random.Random(seed).randbytes(size),))
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DROP TABLE gone")
    assert any("no row of ours leaves" in found for found in strange(path))
