# SPDX-License-Identifier: Apache-2.0
"""A release as JSON, as the privacy process publishes it, for tests that send or read one."""

from datetime import datetime, timedelta, timezone
from typing import Any

from privcv_core.protocol.timestamps import rfc3339_whole

START = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)


def make_release(sequence: int, zones: tuple[str, ...] = ("floor",), **values: Any) -> Any:
    """A release with a report of each zone; ``values`` replace fields of all of them."""
    reports = [zone_report(sequence, zone=zone, **values) for zone in zones]
    return {"sequence": sequence, "zones": reports, "dwell": []}


def zone_report(minute: int, **values: Any) -> dict[str, Any]:
    """A published report of the minute after ``START`` with that number."""
    start = START + timedelta(minutes=minute)
    report = {
        "kind": "zone",
        "camera": "lobby",
        "zone": "floor",
        "window_start": rfc3339_whole(start),
        "window_s": 60,
        "status": "published",
        "reason": "none",
        "occupancy": 12,
        "occupancy_low": 9,
        "occupancy_high": 15,
        "flow": [4, 3, 2, 2, 1],
        "confidence": 0.9,
        "coverage": 1,
        "epsilon": 0.25,
        "delta": 0,
        "unit": "visit",
        "mechanism": "laplace",
    }
    return {**report, **values}


def statistic_report(start: datetime, **values: Any) -> dict[str, Any]:
    """A published presence of a window of five minutes; ``values`` replace fields."""
    report = {
        "kind": "statistic",
        "statistic": "presence",
        "camera": "lobby",
        "place": "left",
        "period": "window",
        "start": rfc3339_whole(start),
        "length_s": 300,
        "status": "published",
        "reason": "none",
        "value": 12_345,
        "low": 9_000,
        "high": 15_000,
        "area_m2": 40,
        "confidence": 0.9,
        "coverage": 1,
        "epsilon": 0.1,
        "delta": 0,
        "unit": "visit",
        "mechanism": "laplace",
    }
    return {**report, **values}


def suppressed(reason: str) -> dict[str, Any]:
    """What a report of a statistic that is withheld has instead of values."""
    return {"status": "suppressed", "reason": reason, "value": 0, "low": 0, "high": 0}


def statistic_release(sequence: int, *reports: dict[str, Any]) -> dict[str, Any]:
    """A release of statistics only."""
    return {"sequence": sequence, "zones": [], "dwell": [], "statistics": list(reports)}
