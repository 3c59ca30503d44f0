# SPDX-License-Identifier: Apache-2.0
"""Reports of health: one spelling, bounded, and no place for what tells of people."""

import json
from typing import Any

import pytest
from device_health import make_health

from privcv_core.protocol.device_health import (
    MOST_BYTES,
    MOST_CAMERAS,
    MOST_PARTS,
    DeviceHealth,
    read_device_health,
)
from privcv_core.protocol.errors import DeviceHealthError

TELL_OF_PEOPLE = ("load", "frames", "fps", "late", "lateness", "temperature", "people", "tracks")


def names_in(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        mine = set(schema.get("properties", {}))
        return mine.union(*(names_in(one) for one in schema.values()))
    return set().union(*map(names_in, schema)) if isinstance(schema, list) else set()


def leaves_in(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, dict):
        mine = [schema] if isinstance(schema.get("type"), str) else []
        return mine + [leaf for one in schema.values() for leaf in leaves_in(one)]
    return [leaf for one in schema for leaf in leaves_in(one)] if isinstance(schema, list) else []


def test_what_is_written_is_what_is_read() -> None:
    health = make_health()
    assert read_device_health(health.canonical()) == health


def test_no_field_is_of_what_a_busy_room_changes() -> None:
    names = names_in(DeviceHealth.model_json_schema())
    assert "outbox_age_min" in names
    assert not [name for name in names for part in TELL_OF_PEOPLE if part in name.split("_")]


@pytest.mark.parametrize("name", TELL_OF_PEOPLE)
def test_what_is_no_member_is_refused(name: str) -> None:
    with pytest.raises(DeviceHealthError, match=name):
        read_device_health(json.dumps({**make_health().content(), name: 1}))


def test_every_text_number_and_list_of_the_schema_is_bounded() -> None:
    """The schema itself: whatever is added later is bounded too."""
    for leaf in leaves_in(DeviceHealth.model_json_schema()):
        kind = leaf["type"]
        if kind == "string":
            assert {"maxLength", "pattern", "format", "enum", "const"} & leaf.keys(), leaf
        elif kind == "integer":
            assert {"minimum", "maximum"} <= leaf.keys(), leaf
        elif kind == "array":
            assert "maxItems" in leaf, leaf
        elif kind == "object" and "properties" not in leaf:
            assert "maxProperties" in leaf, leaf
        elif kind == "object":
            assert leaf["additionalProperties"] is False


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
