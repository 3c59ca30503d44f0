# SPDX-License-Identifier: Apache-2.0
"""A floor under two cameras, from frames to the collector's answers: what was there, and once.

Both cameras see the whole of a rendered room, from opposite walls, so that all of it is overlap.
The oracle is the geometry of the ways that were rendered.
"""

import json
import ssl
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from opposite_cameras import Opposite, write_in_common_frame

from privcv_bringup.demo.demo import run_demo
from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.render import Scene
from privcv_bringup.scene.walkers import Room, Walker
from privcv_collector.devices.administration import issue_access_token
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.settings.model import parse_settings
from privcv_site.site import Site

pytestmark = pytest.mark.graph

NEAR = Scene(
    75.0, people_per_minute=30, seed=13, camera=VirtualCamera(height_m=6.0, tilt_deg=38),
    room=Room((-6.0, 6.0), (4.0, 14.0), doors=("near", "far"), stopping=0.3),
)  # fmt: skip
FAR = Opposite(**vars(NEAR))
START, HOUR_START = "2026-01-31T03:14:00Z", "2026-01-31T02:15:00Z"  # 08:59 and 08:00 in Kathmandu
WINDOW_S, TICK_S = 60, 5
ZONES = {"front": (4.0, 9.0), "back": (9.0, 14.0)}  # y, m; each is nearest to one camera
WIDTH_M, LINE_Y_M = 4.0, 8.0
MOST_MOMENTS, MOST_CROSSINGS, MOST_CELLS, EPSILON = 8, 2, 2, 10.0
SHARES = {
    "counts": 0.25,
    "dwell": 0,
    "bias": 0.01,
    "presence": 0.4,
    "entries": 0.24,
    "footfall": 0.1,
}
SCALES = {  # of the noise on each number; footfall is told in two levels
    "people_windows": MOST_CELLS / (EPSILON * SHARES["counts"]),
    "presence": MOST_MOMENTS / (EPSILON * SHARES["presence"]),
    "entries": MOST_CROSSINGS / (EPSILON * SHARES["entries"]),
    "footfall": 2 / (EPSILON * SHARES["footfall"]),
}
FAR_OUT = 14.0
"""A draw is so many scales off once in a million; a run compares about 20."""

PERCEPTION = 0.15
"""What detector and tracker may lose or add, share of the truth; who is in view twice is 1."""


def site(folder: Path) -> Site:
    cameras, zones = {}, {}
    for name, scene in (("near", NEAR), ("far", FAR)):
        video, camera = write_in_common_frame(scene, folder / name)
        camera["source"].update(uri=str(video), start=START)
        cameras[name] = {**camera, "authorization": {"required": False}}
    cameras["near"]["lines"] = {
        "middle": {"ends_m": [[-WIDTH_M, LINE_Y_M], [WIDTH_M, LINE_Y_M]]},
    }
    for name, (low, high) in ZONES.items():
        corners = [(-WIDTH_M, low), (WIDTH_M, low), (WIDTH_M, high), (-WIDTH_M, high)]
        zones[name] = {"polygon_m": [list(corner) for corner in corners]}
    content = {
        "site": "museum",
        "cameras": cameras,
        "floors": {
            "hall": {
                "zones": zones,
                "cameras": {"near": {"at_m": [0, 0]}, "far": {"at_m": [0, 18]}},
            }
        },
        "time_zone": "Asia/Kathmandu",  # +5:45
        "opening_hours": [{"start": "08:59", "end": "12:00"}],
        "privacy": {
            "epsilon": EPSILON, "max_cells": MOST_CELLS, "window_s": WINDOW_S, "k": 1, "margin": 0,
            "presence_cap_s": MOST_MOMENTS * TICK_S, "max_crossings": MOST_CROSSINGS,
            "release": ["visitors", "presence", "entries", "footfall"], "shares": SHARES,
        },
    }  # fmt: skip
    return parse_settings(Site, content, where="test")


def places(walker: Walker) -> Iterator[tuple[float, float]]:
    """Where somebody was in the first window, ten times a second."""
    for step in range(10 * WINDOW_S):
        if place := walker.at(step / 10):
            yield place[0], place[1]


def truth() -> dict[tuple[str, str], float]:
    """Statistic and place -> what was truly there in the first window."""
    people = [list(places(walker)) for walker in NEAR.walkers()]
    found: dict[tuple[str, str], float] = {}
    for name, (low, high) in ZONES.items():
        inside = [sum(abs(x) < WIDTH_M and low <= y < high for x, y in way) for way in people]
        found["people_windows", name] = sum(tenths > 0 for tenths in inside)
        found["presence", name] = sum(min(tenths, 400) for tenths in inside) / 10 / WINDOW_S
    over = [
        y1 - y0
        for way in people
        for (x0, y0), (x1, y1) in pairwise(way)
        if (y0 < LINE_Y_M) != (y1 < LINE_Y_M) and abs(x0) < WIDTH_M and abs(x1) < WIDTH_M
    ]
    found["entries", "middle"] = sum(step > 0 for step in over)
    found["exits", "middle"] = sum(step < 0 for step in over)
    # Whoever is counted by both cameras is a visit of each.
    found["footfall", "floor"] = sum(found["people_windows", name] for name in ZONES)
    return found


def allowed(statistic: str, true: float) -> float:
    scale = SCALES["entries" if statistic == "exits" else statistic]
    if statistic == "presence":
        scale /= WINDOW_S // TICK_S - 1  # a window has so many moments
    return PERCEPTION * true + FAR_OUT * scale


def asked(folder: Path, *queries: str) -> list[dict[str, Any]]:
    """What a collector answers, on the database that the run left."""
    tls = demo_certificates(folder / "tls")
    database = f"sqlite:///{folder / 'run' / 'collector.db'}"
    token = issue_access_token(database, "test", "viewer")
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    with running_collector(database, tls=(tls.certificate, tls.key)) as collector:
        url = collector.url.replace("127.0.0.1", "localhost")
        return [
            json.load(
                urllib.request.urlopen(
                    urllib.request.Request(
                        f"{url}/v1/{query}", headers={"Authorization": f"Bearer {token}"}
                    ),
                    context=context,
                    timeout=30,
                )
            )
            for query in queries
        ]


def test_what_a_floor_tells_is_what_was_there_and_each_person_once(tmp_path: Path) -> None:
    outcome = run_demo(site(tmp_path), tmp_path / "run", None, lambda seen: None, tmp_path / "log")
    assert (outcome.exit_status, outcome.fault) == (0, ""), outcome.fault
    windows, hours, now = asked(
        tmp_path, "statistics?site=museum", "periods?site=museum&unit=hour", "now?site=museum"
    )
    told = {
        (one["statistic"], one["place"], one["period"]): one
        for one in windows["statistics"]
        if one["start"] in (START, HOUR_START) and one["status"] == "published"
    }
    assert {one["camera"] for one in windows["statistics"]} == {"hall"}
    expected = truth()
    assert expected["people_windows", "front"] > 15  # enough to tell one from two
    assert min(expected["entries", "middle"], expected["exits", "middle"]) > 10
    units = {"people_windows": 1, "entries": 1, "exits": 1, "footfall": 1, "presence": 1000}
    seen = 0
    for (statistic, place, period), one in told.items():
        if (statistic, place) in expected:
            true, value = expected[statistic, place], one["value"] / units[statistic]
            assert abs(value - true) <= allowed(statistic, true), (statistic, place, period, true)
            seen += 1
    # Windows: 2 of presence, 2 of crossings; the hour: those and 2 of people; footfall of the day.
    assert seen == 4 + 6 + 1, told
    assert told["presence", "floor", "hour"]["value"] == pytest.approx(
        sum(told["presence", zone, "hour"]["value"] for zone in ZONES), abs=2
    )
    # The hour is that of the clock on the wall, of the minute in which the place was open.
    of_hours = {(one["statistic"], one["place"]): one for one in hours["periods"]}
    entries = of_hours["entries", "middle"]
    assert (entries["start"], entries["length_s"]) == (HOUR_START, 3600)
    assert entries["start_local"].startswith("2026-01-31T08:00:00+05:45")
    assert entries["value"] == told["entries", "middle", "hour"]["value"]
    assert entries["coverage"] > 0.9
    assert entries["epsilon"] == 0  # of what the window had paid for
    assert [one["site"] for one in now["sites"]] == ["museum"]
