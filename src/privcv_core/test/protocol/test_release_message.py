# SPDX-License-Identifier: Apache-2.0
"""The message of a release holds all of it: the bytes made again from it are the same."""

from datetime import datetime, timezone
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs the built messages and ROS 2")

import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import (
    INT32_MAX,
    SEQUENCE_MAX,
    UINT32_MAX,
    Release,
    ZoneReport,
    read_release,
)
from privcv_core.protocol.release_message import UNITS, from_message, to_message
from privcv_msgs.msg import ZoneReport as ZoneReportMessage
from privcv_msgs.msg import ZoneReports

LAST_STAMP = datetime(2038, 1, 19, 3, 14, 7)  # sec of builtin_interfaces/Time is an int32
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True)
COUNTS = st.integers(0, INT32_MAX)
SHARES = st.floats(0, 1)


def times() -> st.SearchStrategy[datetime]:
    stamps = st.datetimes(datetime(1970, 1, 1), LAST_STAMP)
    return stamps.map(lambda naive: naive.replace(tzinfo=timezone.utc))


def ordered(length: int) -> st.SearchStrategy[tuple[list[int], list[int]]]:
    """Bounds of intervals: lows and highs."""
    pairs = st.tuples(COUNTS, COUNTS).map(sorted)
    return st.lists(pairs, min_size=length, max_size=length).map(
        lambda found: ([low for low, _ in found], [high for _, high in found])
    )


@st.composite
def reports(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Any report of ``lobby`` that the schema allows, also ones that no aggregation would make."""
    shown = draw(st.booleans())
    reasons = ["none"] if shown else ["below_k", "budget", "unobserved", "fault"]
    report = {
        "kind": kind,
        "camera": "lobby",
        "status": "published" if shown else "suppressed",
        "reason": draw(st.sampled_from(reasons)),
        "confidence": draw(SHARES),
        "coverage": draw(SHARES),
        "epsilon": draw(st.floats(0, allow_infinity=False)),
        "delta": draw(SHARES),
        "unit": draw(st.sampled_from(["visit", "person_window", "event"])),
        "mechanism": draw(st.sampled_from(["laplace", "gaussian"])),
    }
    start, length_s = draw(times()), draw(st.integers(1, UINT32_MAX))
    if kind == "statistic":
        (low,), (high,) = draw(ordered(1)) if shown else ([0], [0])
        return {
            **report, "start": start, "length_s": length_s, "low": low, "high": high,
            "place": draw(NAMES), "value": draw(COUNTS) if shown else 0,
            "area_m2": draw(st.floats(0, allow_infinity=False)),
            "statistic": draw(st.sampled_from(["visitors", "presence", "entries", "footfall"])),
            "period": draw(st.sampled_from(["window", "hour", "day", "week"])),
        }  # fmt: skip
    report["zone"] = draw(NAMES)
    if kind == "dwell":
        low, high = draw(ordered(3)) if shown else ([0] * 3, [0] * 3)
        visits = draw(st.lists(COUNTS, min_size=3, max_size=3)) if shown else [0] * 3
        values = {"visits": visits, "visits_low": low, "visits_high": high}
        return {**report, **values, "period_start": start, "period_s": length_s}
    parts = st.lists(st.integers(0, INT32_MAX // 5), min_size=5, max_size=5)
    flow = draw(parts) if shown else [0] * 5
    (low,), (high,) = draw(ordered(1)) if shown else ([0], [0])
    values = {"flow": flow, "occupancy": sum(flow), "occupancy_low": low, "occupancy_high": high}
    return {**report, **values, "window_start": start, "window_s": length_s}


def distinct(kind: str, start: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        reports(kind),
        max_size=4,
        unique_by=lambda report: (report.get("zone"), report.get("place"), report[start]),
    )


RELEASES = st.builds(
    Release,
    sequence=st.integers(1, SEQUENCE_MAX),
    zones=distinct("zone", "window_start"),
    dwell=distinct("dwell", "period_start"),
    statistics=distinct("statistic", "start"),
)


def over_the_wire(message: ZoneReports) -> ZoneReports:
    """The message as a subscriber gets it: the middleware's own serialization."""
    received: ZoneReports = deserialize_message(serialize_message(message), ZoneReports)
    return received


def one(**values: Any) -> Release:
    report = {
        "camera": "lobby", "zone": "desk", "window_start": "2026-01-31T08:00:00Z", "window_s": 300,
        "status": "published", "reason": "none", "occupancy": 5, "occupancy_low": 1,
        "occupancy_high": 9, "flow": [1] * 5, "confidence": 0.9, "coverage": 0.987,
        "epsilon": 0.233333333, "delta": 0, "unit": "visit", "mechanism": "laplace",
    }  # fmt: skip
    return Release(sequence=7, zones=[ZoneReport.model_validate({**report, **values})], dwell=[])


@given(RELEASES)
@example(one(confidence=0.1 + 0.2, coverage=1 / 3))  # no float32 is one of these
@example(one(delta=1e-6, epsilon=1e-9))  # spelled otherwise by Python
@example(one(epsilon=-0.0, window_start="2038-01-19T03:14:07.999999Z"))
@settings(max_examples=150, deadline=None)
def test_bytes_message_bytes_is_the_identity(release: Release) -> None:
    payload = release.canonical()
    assert payload == rfc8785.dumps(release.content())
    assert read_release(payload) == release
    message = over_the_wire(to_message(read_release(payload)))
    assert from_message(message) == release
    assert from_message(message).canonical() == payload


def test_what_0_1_0_kept_reads_the_same() -> None:
    """Its ledger had no ``kind`` and Python's spelling of numbers."""
    payload = (
        b'{"dwell":[],"sequence":7,"zones":[{"camera":"lobby","confidence":0.9,"coverage":1.0,'
        b'"delta":1e-06,"epsilon":0.233333333,"flow":[1,1,1,1,1],"mechanism":"gaussian",'
        b'"occupancy":5,"occupancy_high":9,"occupancy_low":1,"reason":"none","status":"published",'
        b'"unit":"visit","window_s":300,"window_start":"2026-01-31T08:00:00Z","zone":"desk"}]}'
    )
    now = one(coverage=1.0, delta=1e-6, mechanism="gaussian")
    assert read_release(payload) == now
    assert now.canonical() != payload


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": 7}, "status"),
        ({"reason": 1}, "reason must be 'none'"),
        ({"occupancy": 6}, "flow must sum"),
        ({"occupancy_low": 10}, "must not exceed"),
        ({"coverage": 1.5}, "coverage"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"window_s": 0}, "window_s"),
    ],
)
def test_a_message_that_states_no_release_is_refused(change: dict[str, Any], says: str) -> None:
    message = to_message(one())
    for field, value in change.items():
        setattr(message.zones[0], field, value)
    with pytest.raises(ReleaseError, match=rf"release 7: .*{says}"):
        from_message(message)


def test_a_message_of_no_camera_is_refused() -> None:
    message = to_message(one())
    message.camera = ""  # only a statistic may be of several
    with pytest.raises(ReleaseError, match=r"release 7: .*camera"):
        from_message(message)


def test_reports_of_two_cameras_are_no_message() -> None:
    release = one()
    other = release.zones[0].model_copy(update={"camera": "hall"})
    with pytest.raises(ReleaseError, match="release 7: no message holds it: several cameras"):
        to_message(release.model_copy(update={"zones": [*release.zones, other]}))


def test_a_time_that_no_stamp_holds_is_refused() -> None:
    with pytest.raises(ReleaseError, match="release 7: no message holds it"):
        to_message(one(window_start="2038-01-19T03:14:08Z"))


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"sequence":1,"zones":[]}'])
def test_bytes_that_state_no_release_are_refused(payload: bytes) -> None:
    with pytest.raises(ReleaseError, match=r"^release: "):
        read_release(payload)


def test_units_are_the_constants_of_the_message() -> None:
    names = [name for name in dir(type(ZoneReportMessage)) if name.startswith("UNIT_")]
    assert {f"UNIT_{name.upper()}" for name in UNITS} == set(names)
    assert UNITS["event"] == ZoneReportMessage.UNIT_EVENT
