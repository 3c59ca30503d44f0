# SPDX-License-Identifier: Apache-2.0
"""A report of a device's health for tests; keyword arguments replace its members."""

from typing import Any

from privcv_core.protocol.device_health import DeviceHealth


def make_health(**changes: Any) -> DeviceHealth:
    """A device with one camera to which nothing is wrong."""
    at = "2026-03-01T04:00:00Z"
    content = {
        "version": "0.2.0",
        "uptime_h": 240,
        "delivery": "ok",
        "outbox_age_min": 0,
        "disk_used_percent": 40,
        "audit_log": "ok",
        "parts": {"lobby.detection": "running", "aggregation": "running"},
        "budget": {
            "epsilon_spent": 0.5,
            "epsilon_total": 1.0,
            "delta_spent": 0.0,
            "delta_total": 0.0,
            "exhausted": False,
        },
        "authorizations": [
            {"camera": "lobby", "state": "authorized", "ends": "2030-01-01T00:00:00Z"}
        ],
        "requests": {"open": 0, "overdue": 0, "next_deadline": None},
        "breaches": {"open": 0, "to_tell": 0, "next_deadline": None},
        "checked": [{"what": "canary", "at": at, "found": False}],
    }
    return DeviceHealth.model_validate({**content, **changes})
