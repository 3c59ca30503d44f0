# SPDX-License-Identifier: Apache-2.0
"""The load of both servers' benchmarks: releases of one minute of a camera with several zones."""

from datetime import datetime, timedelta, timezone
from typing import Any

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def release(number: int, zones: int) -> dict[str, Any]:
    """One minute of a camera with ``zones`` zones."""
    start = (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    reports = [
        {
            "kind": "zone",
            "camera": "lobby",
            "zone": f"zone_{zone}",
            "window_start": start,
            "window_s": 60,
            "status": "published",
            "reason": "none",
            "occupancy": 12 + zone,
            "occupancy_low": 9 + zone,
            "occupancy_high": 15 + zone,
            "flow": [4 + zone, 3, 2, 2, 1],
            "confidence": 0.9,
            "coverage": 1,
            "epsilon": 0.25,
            "delta": 0,
            "unit": "visit",
            "mechanism": "laplace",
        }
        for zone in range(zones)
    ]
    return {"sequence": number, "zones": reports, "dwell": []}
