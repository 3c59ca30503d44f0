# SPDX-License-Identifier: Apache-2.0
"""Where nobody guards the graph, the aggregation says so, and by setting publishes no value.

The real aggregation and the real guard, and a camera that sends the same crowd all the time.
"""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import rclpy
from anonymous_ticks import tick_in_cells
from graph_runner import RunningGraph, recorded, running

from privcv_core.audit.verify import read_chain
from privcv_core.files.graph_secret import graph_secret
from privcv_core.node.authentication import Authenticator
from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.qos import RELIABLE
from privcv_core.protocol.release import ZoneReport
from privcv_core.settings.model import parse_settings
from privcv_msgs.msg import AnonymousTracks, GuardHeartbeat
from privcv_privacy.nodes.messages import anonymous_tracks_message
from privcv_site.graph import build_graph
from privcv_site.site import Site

pytestmark = pytest.mark.graph

TICK_S, TICKS = 5, 4  # a window of 20 s
FIRST = 340_000_000 - 340_000_000 % (86400 // TICK_S)
TOPIC = "/room/anonymous_tracks"
PEOPLE = 200  # in a tick, under other names in each


def site_in(folder: Path, *, required: bool) -> Site:
    content = {
        "state": str(folder / "state"),
        "cameras": {
            "room": {
                "source": {"kind": "file", "uri": "not opened here"},
                "authorization": {"required": False},
                "zones": {"hall": {"polygon_m": [0, 0, 4, 0, 4, 4, 0, 4]}},
            }
        },
        "privacy": {
            "unit": "person_window", "epsilon": 8, "max_cells": 1, "window_s": TICKS * TICK_S,
            "dwell_period_s": 60, "require_guard": required,
        },
    }  # fmt: skip
    return parse_settings(Site, content, where="test")


@dataclass
class Guarded:
    """Aggregation and guard, and the camera in front of them, whose time goes on by ``window``."""

    graph: RunningGraph
    camera: Any
    publisher: Any
    authenticator: Authenticator
    ticks: Iterator[int]
    state: Path

    def window(self) -> ZoneReport:
        """The report of one more window, in each tick of which the camera saw ``PEOPLE``."""
        start_s = next(self.ticks) * TICKS * TICK_S
        before = set(self.graph.seen.releases)
        for number in range(TICKS + 1):
            tick = start_s // TICK_S + number
            message = anonymous_tracks_message(
                tick_in_cells(
                    "room",
                    tick,
                    [(id + 1000 * tick, [(3, 3)], 3) for id in range(PEOPLE)],
                    epoch_s=60,
                )
            )
            self.publisher.publish(self.authenticator.sign(TOPIC, message))

        def reports() -> list[ZoneReport]:
            seen = self.graph.seen.releases
            new = [seen[number] for number in sorted(set(seen) - before)]
            of_hall = [zone for release in new for zone in release.zones if zone.zone == "hall"]
            return [zone for zone in of_hall if zone.window_start.timestamp() == start_s]

        self.wait(reports, "the window is released")
        return reports()[0]

    def published(self) -> ZoneReport:
        """The report of the next window that is published: a machine under load may keep the guard
        waiting for so long that one before it is not."""
        for _ in range(5):
            report = self.window()
            if report.status == "published" and report.coverage == 1.0:
                return report
        raise AssertionError(f"nothing is published: {report}, {self.health()}")

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        self.graph.wait(condition, what)

    def health(self) -> tuple[int, str]:
        return self.graph.seen.health.get("/aggregation", (3, "", {}))[:2]

    def recorded(self, node: str) -> list[str]:
        """What the audit log of ``node`` has as faults."""
        faults = read_chain(self.state / "audit", node, "fault")
        return [str(entry.facts["what"]) for entry in faults]


@contextmanager
def guarded(folder: Path, *, required: bool) -> Iterator[Guarded]:
    site = site_in(folder, required=required)
    site.state.mkdir(mode=0o700)
    chosen = [p for p in build_graph(site, replayed=True) if p.name in ("privacy", "guard")]
    with as_in_the_graph():
        rclpy.init()
        camera = rclpy.create_node("anonymization", namespace="/room")
    try:
        publisher = camera.create_publisher(AnonymousTracks, TOPIC, RELIABLE)
        with running(chosen, folder / "run") as graph:
            made = Guarded(
                graph, camera, publisher, Authenticator(graph_secret(site.graph_secret)),
                itertools.count(FIRST // TICKS, 2), site.state,
            )  # fmt: skip
            value = partial(graph.seen.health.get, "/guard", (3, "", {}))
            graph.wait(lambda: value()[0] != 3, "the guard looks")
            graph.wait(lambda: publisher.get_subscription_count() > 0, "the aggregation listens")
            graph.wait(lambda: made.health()[0] == 0, "all is well")
            yield made
    finally:
        camera.destroy_node()
        rclpy.shutdown()


def test_without_its_guard_nothing_is_published_and_it_comes_back_by_itself(
    tmp_path: Path,
) -> None:
    with (
        guarded(tmp_path, required=True) as room,
        recorded("/guard_heartbeat", GuardHeartbeat) as heard,
    ):
        assert abs(room.published().occupancy - TICKS * PEOPLE) < 50
        room.wait(lambda: len(heard) > 2, "heartbeats are recorded")
        guard = room.graph.supervisor.pids["guard"]
        os.kill(guard, signal.SIGSTOP)
        try:
            room.wait(lambda: "the guard is missing" in room.health()[1], "it is said")
            replays = room.camera.create_publisher(GuardHeartbeat, "/guard_heartbeat", RELIABLE)
            room.wait(lambda: replays.get_subscription_count() > 1, "they are heard")
            for said in list(heard):
                replays.publish(said)
            key = "refused on /guard_heartbeat"
            room.wait(lambda: room.graph.seen.value("/aggregation", key), "they are refused")
            missing = room.window()
            assert (missing.status, missing.reason) == ("suppressed", "fault")
            assert (missing.occupancy, missing.epsilon, missing.coverage) == (0, 0.0, 0.0)
            assert room.health()[0] == 1
            room.camera.destroy_publisher(replays)
        finally:
            os.kill(guard, signal.SIGCONT)
        room.wait(lambda: "the guard is missing" not in room.health()[1], "it is over")
        assert abs(room.published().occupancy - TICKS * PEOPLE) < 50
        faults = [what for what in room.recorded("aggregation") if "guard" in what]
        assert faults[0] == "the guard is missing: nobody looks at the graph"
        assert faults[-1] == "the guard looks at the graph again"
        said = [line for line in room.graph.lines if "the guard is missing" in line]
        assert said


def test_a_guard_that_was_killed_is_missed_and_leaves_an_entry_of_its_own(tmp_path: Path) -> None:
    with guarded(tmp_path, required=False) as room:
        guard = room.graph.supervisor.pids["guard"]
        os.kill(guard, signal.SIGSTOP)
        room.wait(lambda: "the guard is missing" in room.health()[1], "it is said")
        assert room.window().status == "published"  # by setting it goes on
        os.kill(guard, signal.SIGKILL)
        room.wait(lambda: "the guard is missing" not in room.health()[1], "another one looks")
        assert "the run before this one was killed or crashed" in room.recorded("guard")
        assert "the guard is missing: nobody looks at the graph" in room.recorded("aggregation")
