# SPDX-License-Identifier: Apache-2.0
"""What the audit logs say of a device's health, and that who is there changes nothing of it."""

from datetime import date
from pathlib import Path
from typing import Any

from privcv_core.audit.health_facts import HealthFacts
from privcv_core.audit.log import AuditLog, AuditSettings

TODAY = date(2026, 3, 1)
UNTIL = "2026-03-01T18:00:00+00:00"


def append(folder: Path, chain: str, *events: tuple[str, dict[str, Any]], **settings: Any) -> None:
    with AuditLog(AuditSettings(folder=folder, **settings), chain) as log:
        for event, facts in events:
            log.append(event, **facts)


def gate(event: str, camera: str = "lobby", **facts: Any) -> tuple[str, dict[str, Any]]:
    return f"gate.{event}", {"camera": camera, "record": "r1", **facts}


def closed(kind: str) -> tuple[str, dict[str, Any]]:
    return gate("closed", kind=kind, reason="why")


OPENED = gate("opened", until=UNTIL, expires="2027-01-01T00:00:00+01:00")
AUTHORIZED = {"camera": "lobby", "state": "authorized", "ends": "2026-12-31T23:00:00Z"}


def told(folder: Path) -> dict[str, Any]:
    facts = HealthFacts(folder)
    facts.read()
    return facts.facts(TODAY)


def test_the_end_of_an_authorization_is_its_record_s_and_not_the_hour_s(tmp_path: Path) -> None:
    append(tmp_path, "lobby.detection", OPENED)
    assert told(tmp_path)["authorizations"] == [AUTHORIZED]


def test_who_objects_at_the_desk_and_the_hours_change_nothing(tmp_path: Path) -> None:
    """A pause tells that somebody stood there."""
    append(tmp_path, "lobby.detection", OPENED)
    before = told(tmp_path)
    pause = {"camera": "lobby", "minutes": 5, "by": "button", "until": UNTIL}
    append(tmp_path, "lobby.detection", closed("paused"), OPENED, closed("hours"))
    append(tmp_path, "operator", ("counting.paused", pause))
    frames = {"camera": "lobby", "frames": 900, "wiped": 900, "seconds": 60.0}
    append(tmp_path, "lobby.detection", ("frames", frames))
    append(tmp_path, "lobby.anonymization", ("identities.rotated", {"camera": "lobby"}))
    assert told(tmp_path) == before


def test_an_authorization_that_ended_or_fails_is_told(tmp_path: Path) -> None:
    append(tmp_path, "lobby.detection", OPENED, closed("withdrawn"))
    (ended,) = told(tmp_path)["authorizations"]
    assert ended["state"] == "ended"
    append(tmp_path, "lobby.detection", closed("untrusted"))
    assert told(tmp_path)["authorizations"][0]["state"] == "refused"
    append(tmp_path, "lobby.detection", gate("opened", until="not required"))
    assert told(tmp_path)["authorizations"][0]["state"] == "not_required"


def test_a_chain_speaks_for_its_own_camera_only(tmp_path: Path) -> None:
    append(tmp_path, "lobby.detection", OPENED)
    append(tmp_path, "door.detection", closed("withdrawn"), gate("opened", "lobby", until=UNTIL))
    assert told(tmp_path)["authorizations"] == [AUTHORIZED]


def test_parts_are_what_their_processes_last_said(tmp_path: Path) -> None:
    start = ("process.started", {"version": "1", "settings": "0"})
    append(tmp_path, "lobby.detection", start, ("process.stopped", {"reason": "signal"}))
    append(tmp_path, "aggregation", start, ("process.stopped", {"reason": "signal"}), start)
    assert told(tmp_path)["parts"] == {"aggregation": "running", "lobby.detection": "stopped"}


def test_what_was_checked_last_and_found(tmp_path: Path) -> None:
    def canary(check: str, state: str) -> tuple[str, dict[str, Any]]:
        facts = {"check": check, "state": state, "findings": 0, "digest": "0"}
        return "canary.checked", facts

    append(tmp_path, "guard", ("graph.checked", {"findings": 2, "digest": "0"}))
    append(tmp_path, "operator", canary("residue", "found"), canary("state", "ok"))
    found = {one["what"]: one["found"] for one in told(tmp_path)["checked"]}
    assert found == {"canary": True, "graph": True}
    append(tmp_path, "operator", canary("residue", "ok"))
    append(tmp_path, "guard", ("graph.checked", {"findings": 0, "digest": "0"}))
    found = {one["what"]: one["found"] for one in told(tmp_path)["checked"]}
    assert found == {"canary": False, "graph": False}


def test_who_goes_on_knows_what_who_begins_anew_knows(tmp_path: Path) -> None:
    """Over files that are full, and entries that nobody asks for in between."""
    facts = HealthFacts(tmp_path)
    frames = ("frames", {"camera": "lobby", "frames": 900, "wiped": 900, "seconds": 60.0})
    steps = [[OPENED, *[frames] * 40], [closed("expired"), *[frames] * 40], [frames], [OPENED]]
    for events in steps:
        append(tmp_path, "lobby.detection", *events, file_bytes=4096)
        facts.read()
        assert facts.facts(TODAY) == told(tmp_path)
    assert len(list(tmp_path.glob("lobby.detection.*.jsonl"))) > 3
    assert facts.facts(TODAY)["authorizations"] == [AUTHORIZED]
