# SPDX-License-Identifier: Apache-2.0
"""A record of a site for tests; keyword arguments replace its members."""

from typing import Any

from privcv_core.protocol.site_record import SiteRecord


def make_site_record(**changes: Any) -> SiteRecord:
    """A hall of one camera with two zones and a door."""
    zones = [
        {
            "name": "left",
            "label": "Left of the door",
            "polygon_m": [-5, 5, 0, 5, 0, 13, -5, 13],
            "area_m2": 40,
            "capacity": 30,
        },
        {"name": "right", "polygon_m": [0, 5, 5, 5, 5, 13, 0, 13], "area_m2": 40},
    ]
    camera = {
        "name": "lobby",
        "label": "Entrance hall",
        "zones": zones,
        "lines": [{"name": "door", "label": "Main door", "ends_m": [-1, 5, 1, 5]}],
    }
    content = {
        "site": "office",
        "time_zone": "Europe/Berlin",
        "opening_hours": [{"days": ["mon", "tue"], "start": "08:00", "end": "18:00"}],
        "holidays": ["2026-12-25"],
        "unit": "visit",
        "epsilon": 1.0,
        "delta": 0.0,
        "window_s": 300,
        "adaptive": False,
        "k": 5,
        "release": ["visitors", "flow", "dwell"],
        "plan_m": [-5, 5, 5, 13],
        "cameras": [camera],
    }
    return SiteRecord.model_validate({**content, **changes})
