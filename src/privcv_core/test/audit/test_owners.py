# SPDX-License-Identifier: Apache-2.0
"""A user writes the chains of what it runs; whatever else it puts down is told, and believed by
nobody."""

import os
import pwd
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lesser_user import needs_root

from privcv_core.audit.checkpoint_thread import CheckpointThread
from privcv_core.audit.checkpoints import take_checkpoint
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.files import files_of, strangers_in
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.owners import may_write
from privcv_core.audit.verify import read_chain, verify_chain

USERS = {"privcv-camera": 61001, "privcv-privacy": 61002, "privcv-uplink": 61003, "alice": 61004}
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the units: root's, with one for each user, and the register."""
    names = {uid: name for name, uid in USERS.items()}

    def of(uid: int) -> Any:
        return SimpleNamespace(pw_name=names[uid])

    monkeypatch.setattr(pwd, "getpwuid", of)
    folder = tmp_path / "audit"
    for name, uid in USERS.items():
        (folder / name).mkdir(parents=True)
        os.chown(folder / name, uid, uid)
    with AuditLog(AuditSettings(folder=folder), "operator") as log:
        log.append("fault", where="here", what="true")
    return folder


def put(folder: Path, user: str, chain: str, what: str, place: str = "") -> Path:
    """A whole chain that ``user`` wrote."""
    head, content = Head(0, GENESIS), b""
    for event, facts in (("log.opened", {"version": 1}), ("fault", {"where": "x", "what": what})):
        entry = make_entry(chain, head, "2026-11-20T12:00:00.000Z", event, facts, 1)
        head, content = entry.head, content + entry.line()
    path = folder / (place or user) / f"{chain}.jsonl"
    path.write_bytes(content)
    os.chown(path, USERS[user], USERS[user])
    return path


def said(folder: Path, chain: str) -> list[Any]:
    return [entry.facts["what"] for entry in read_chain(folder, chain, "fault")]


def test_the_users_of_the_units_write_what_they_run() -> None:
    """As ``config/systemd`` starts them; the register is nobody's of them."""
    units = Path(__file__).parents[4] / "config" / "systemd"
    users = [
        line.split()[1] for line in (units / "privcv.sysusers.conf").read_text().splitlines()
        if line.startswith("u ")
    ]  # fmt: skip
    chains = ["lobby.detection", "lobby.anonymization", "aggregation", "guard", "uplink", "desk"]
    writes = {user: [chain for chain in chains if may_write(user, chain)] for user in users}
    assert writes == {
        "privcv-camera": chains[:2],
        "privcv-privacy": ["aggregation", "guard"],
        "privcv-uplink": ["uplink"],
        "privcv-desk": ["desk"],
    }
    assert not any(may_write(user, "operator") for user in [*users, "alice", "operator"])


@needs_root
@pytest.mark.parametrize(
    ("user", "chain"),
    [
        ("privcv-camera", "guard"), ("privcv-camera", "uplink"), ("privcv-camera", "operator"),
        ("privcv-privacy", "lobby.detection"), ("privcv-uplink", "guard"), ("alice", "uplink"),
    ],
)  # fmt: skip
def test_what_another_user_writes_is_told_and_stops_nothing(
    audit: Path, user: str, chain: str
) -> None:
    before = take_checkpoint(audit, NOW)
    planted = put(audit, user, chain, "planted")
    assert "planted" not in said(audit, chain)
    assert planted not in files_of(audit, chain)
    (problem,) = verify_chain(audit, chain).problems
    assert str(problem) == f"{user}/{chain}.jsonl: strange: of a user who may not write it"
    assert take_checkpoint(audit, NOW) == before
    assert strangers_in(audit) == [planted]


@needs_root
@pytest.mark.parametrize(
    ("user", "chain"),
    [
        ("privcv-camera", "lobby.detection"), ("privcv-privacy", "guard"),
        ("privcv-uplink", "uplink"),
    ],
)  # fmt: skip
def test_what_a_user_runs_is_believed(audit: Path, user: str, chain: str) -> None:
    put(audit, user, chain, "true")
    assert said(audit, chain) == ["true"]
    assert verify_chain(audit, chain).problems == ()
    assert chain in take_checkpoint(audit, NOW).heads
    assert strangers_in(audit) == []


@needs_root
@pytest.mark.parametrize(
    "plant",
    [
        lambda folder: (folder / "privcv-camera" / "operator.lock").touch(),
        lambda folder: os.link(folder / "operator.jsonl", folder / "privcv-camera/operator.jsonl"),
        lambda folder: (folder / "privcv-camera" / "guard.000000000001.jsonl").mkdir(),
        lambda folder: os.mkfifo(folder / "privcv-camera" / "operator.jsonl"),
    ],
    ids=["a lock", "a hard link to the register", "a folder", "a pipe"],
)
def test_names_that_are_no_chain_stop_nothing_either(
    audit: Path, plant: Callable[[Path], object]
) -> None:
    before = take_checkpoint(audit, NOW)
    plant(audit)
    for path in (audit / "privcv-camera").iterdir():
        if path.stat().st_nlink == 1 or path.is_dir():
            os.chown(path, USERS["privcv-camera"], 0)
    assert take_checkpoint(audit, NOW) == before
    assert len(strangers_in(audit)) == 1
    assert said(audit, "operator") == ["true"]


@needs_root
def test_in_a_folder_where_others_make_names_a_name_of_a_folder_proves_nothing(
    audit: Path,
) -> None:
    audit.chmod(0o3777)
    (audit / "my-privacy").mkdir()
    os.chown(audit / "my-privacy", USERS["alice"], 0)
    put(audit, "alice", "guard", "planted", "my-privacy")
    put(audit, "alice", "uplink", "planted", ".")
    assert said(audit, "guard") == said(audit, "uplink") == []
    assert said(audit, "operator") == ["true"]


@needs_root
def test_checkpoints_go_on_and_tell_of_a_planted_register(audit: Path) -> None:
    put(audit, "privcv-camera", "operator", "planted")
    sent: list[dict[str, Any]] = []
    faults: list[str] = []

    def tell(what: str) -> None:
        faults.append(what)
        thread._stop.set()

    thread = CheckpointThread(audit, sent.append, tell, interval_s=0.0)
    thread._run()
    assert list(sent[0]["checkpoint"]["heads"]) == ["operator"]
    assert faults == [
        "privcv-camera/operator.jsonl in the audit logs: of a user who may not write it"
    ]
