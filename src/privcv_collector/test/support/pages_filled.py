# SPDX-License-Identifier: Apache-2.0
"""What pages show in tests: hours of an office in every state, and how it is there now."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from collector_client import Device, Server
from device_health import make_health
from releases import make_release, statistic_release, statistic_report, suppressed
from site_records import make_site_record

from privcv_core.protocol.timestamps import rfc3339_whole

MIDNIGHT = datetime(2026, 3, 28, 23, tzinfo=timezone.utc)  # of Sunday, 29 March, in Berlin: 23 h
DAYS = 9
_REASONS = ("none",) * 5 + ("below_k", "unobserved", "budget", "fault", "")


def fill(server: Server, seed: int, **record: Any) -> Device:
    """Hours of entries and presence of nine days up to that Sunday; some never arrive."""
    device = server.enrolled()
    send_record(device, **record)
    drawn = random.Random(seed)
    begin = MIDNIGHT - timedelta(days=DAYS - 1)
    for number in range(DAYS):
        hours = [begin + timedelta(hours=24 * number + hour) for hour in range(24)]
        reports = [one for hour in hours for one in _hour(hour, drawn)]
        answer = device.send(statistic_release(number + 1, *reports))
        assert answer.status == 200, answer.content
    return device


def send_record(device: Device, **changes: Any) -> None:
    """What the device says of its site."""
    changes = {"release": ["visitors", "presence", "entries"], **changes}
    content = make_site_record(**changes).content()
    raw = device.sealed({"site_record": {"content": content, "version": 1}}, 0)
    assert device.post(raw, "/v1/site-records").status == 200


def _hour(start: datetime, drawn: random.Random) -> Iterator[dict[str, Any]]:
    """A report of entries and one of presence, in a random state, or none."""
    of_line = {"statistic": "entries", "place": "door", "area_m2": 0}
    for scale, place in ((1, of_line), (1000, {})):
        reason = drawn.choice(_REASONS)
        value = drawn.randint(0, 400) * scale + drawn.randint(0, scale - 1)
        low = max(0, value - drawn.randint(0, 40 * scale))
        values: dict[str, Any] = {"value": value, "low": low}
        values["high"] = value + drawn.randint(0, 40 * scale)
        if reason not in ("none", ""):
            values = suppressed(reason)
        coverage = 0 if reason == "unobserved" else drawn.choice([1, 0.97, 0.5])
        if reason:
            yield statistic_report(
                start, period="hour", length_s=3600, coverage=coverage, **place, **values
            )


def fill_fleet(server: Server, *well: Device, number: int = 2, recorded: bool = False) -> list[str]:
    """Health of ``well``, and of a device of each of ``number`` sites; most need somebody."""
    for device in well:
        tell_health(device)
    wrong: list[dict[str, Any]] = [
        {"delivery": "blocked", "parts": {"lobby.detection": "stopped"}},
        {"breaches": {"open": 1, "to_tell": 1, "next_deadline": "2026-03-31T08:00:00Z"}},
        {"disk_used_percent": 95, "budget": None, "audit_log": "off"},
        {},
    ]
    names = [f"site_{place:03}" for place in range(number)]
    for place, name in enumerate(names):
        device = server.enrolled(name)
        tell_health(device, **wrong[place % len(wrong)])
        if recorded:
            send_record(device, label=f"Site {place}")
    return names


def tell_health(device: Device, **changes: Any) -> None:
    """How the device does, as it says itself."""
    health = make_health(**changes).content()
    assert device.post(device.sealed({"health": health}, 0), "/v1/health").status == 200


def fill_now(device: Device, start: datetime, first: int) -> None:
    """A window of each place: published, few, not observed, budget spent, and one never came."""
    none = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    window = {"window_start": rfc3339_whole(start), "window_s": 300}
    line = {"place": "door", "area_m2": 0}
    answer = device.send(
        make_release(first, ("left",), **window),
        make_release(
            first + 1, ("right",), status="suppressed", reason="below_k", **none, **window
        ),
        statistic_release(
            first + 2,
            statistic_report(start, value=42_000, low=31_200, high=55_000),
            statistic_report(start, place="right", **suppressed("unobserved")),
            statistic_report(start, statistic="entries", **line, **suppressed("budget")),
        ),
    )
    assert answer.status == 200, answer.content
