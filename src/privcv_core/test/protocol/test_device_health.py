# SPDX-License-Identifier: Apache-2.0
"""Reports of health: one spelling, bounded, and no place for what tells of people."""

import json
from typing import Annotated, Any, Literal

import pytest
from device_health import make_health
from pydantic import Field, create_model

from privcv_core.protocol.device_health import (
    MOST_BYTES,
    MOST_CAMERAS,
    MOST_PARTS,
    DeviceHealth,
    read_device_health,
)
from privcv_core.protocol.errors import DeviceHealthError
from privcv_core.protocol.json_schema_rules import find_violations

TELL_OF_PEOPLE = ("load", "frames", "fps", "late", "lateness", "temperature", "people", "tracks")


def test_what_is_written_is_what_is_read() -> None:
    health = make_health()
    assert read_device_health(health.canonical()) == health


def test_the_audit_of_its_schema_finds_nothing() -> None:
    assert find_violations(DeviceHealth.model_json_schema()) == []


@pytest.mark.parametrize("name", TELL_OF_PEOPLE)
def test_what_is_no_member_is_refused(name: str) -> None:
    with pytest.raises(DeviceHealthError, match=name):
        read_device_health(json.dumps({**make_health().content(), name: 1}))


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        *((f"mean_{one}", Annotated[int, Field(ge=0, le=9)], "tells of") for one in TELL_OF_PEOPLE),
        ("note", str, "a string without a bound"),
        ("number", int, "integer without a bound"),
        ("list", list[Literal[1]], "array without a bound"),
        ("table", dict[str, Literal[1]], "a table without a bound"),
        ("inner", create_model("Open", number=(Literal[1], ...)), "does not name"),
    ],
)  # fmt: skip
def test_the_audit_finds_what_may_not_be_added(name: str, kind: Any, words: str) -> None:
    planted: Any = create_model("Planted", __base__=DeviceHealth, **{name: (kind, ...)})
    found = find_violations(planted.model_json_schema())
    assert [one for one in found if words in one]


def test_the_largest_of_all_is_short() -> None:
    long = "a" * 63
    cameras = [{"camera": f"c{i}", "state": "refused", "ends": None} for i in range(MOST_CAMERAS)]
    parts = {f"c{i}.{long[:40]}": "running" for i in range(MOST_PARTS)}
    largest = make_health(authorizations=cameras, parts=parts)
    assert len(largest.canonical()) < MOST_BYTES
    over = {f"c{i}.{long}.{long}": "running" for i in range(MOST_PARTS)}
    with pytest.raises(DeviceHealthError, match="at most"):
        make_health(parts=over).canonical()


@pytest.mark.parametrize(
    "changes",
    [
        {"outbox_age_min": 7},  # as fine as seconds would tell when a window ended
        {"disk_used_percent": 43},
        {"uptime_h": -1},
        {"version": "1\n2"},
        {"delivery": "slow"},
        {"parts": {"Lobby": "running"}},
        {"requests": {"open": 1, "overdue": 0, "kind": "access"}},
        {"checked": [{"what": "people", "at": "2026-01-31T08:00:00Z", "found": False}]},
    ],
    ids=str,
)
def test_what_is_finer_or_other_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DeviceHealthError):
        read_device_health(json.dumps({**make_health().content(), **changes}))
