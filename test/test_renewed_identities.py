# SPDX-License-Identifier: Apache-2.0
"""After a restart, people count again only from the generation on that the camera names.

The real aggregation node with the ledger of an earlier run, and a camera that rotates its
identities on request while ticks from before are still on their way.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import rclpy
from anonymous_ticks import tick_in_cells
from graph_runner import recorded, running
from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.files.graph_secret import graph_secret
from privcv_core.node.authentication import Authenticator
from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.qos import RELIABLE
from privcv_core.settings.dotted import to_flat
from privcv_core.settings.model import parse_settings
from privcv_msgs.msg import AnonymousTracks, ZoneReport, ZoneReports
from privcv_msgs.srv import RotateIdentities
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.nodes.messages import anonymous_tracks_message
from privcv_site.processes import NodeSpec, ProcessSpec

pytestmark = pytest.mark.graph

TICK_S, TICKS = 5, 4  # a window of 20 s
FIRST = 340_000_000 - 340_000_000 % (86400 // TICK_S)
ROTATED = FIRST + 3 * TICKS


def seen(tick: int, people: int, observed_percent: int = 100) -> AnonymousTick:
    return tick_in_cells(
        "room", tick, [(id + 1000 * (tick >= ROTATED), [(3, 3)], 3) for id in range(people)],
        seen=observed_percent, generation=1 + (tick >= ROTATED),
    )  # fmt: skip


def settings_in(folder: Path) -> AggregationSettings:
    content = {
        "cameras": {"room": {"zones": {"hall": {"polygon_m": [0, 0, 4, 0, 4, 4, 0, 4]}}}},
        "window_s": TICKS * TICK_S, "dwell_period_s": 60, "k": 5, "epsilon": 8, "max_cells": 1,
        "ledger": str(folder / "ledger.db"), "refuse_future": False, "silent_after_s": 3600,
        "listeners": 1,  # the recorder: what is released before is lost to it
    }  # fmt: skip
    return parse_settings(AggregationSettings, content, where="test")


def test_an_old_silent_tick_is_not_taken_for_the_rotation(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    zones = zone_map("room", settings.cameras["room"].zones)
    with Ledger(settings.ledger) as ledger:  # of an earlier run, which spent all that visits have
        earlier = Aggregator(settings, {"room": zones}, ledger)
        for number in range(TICKS + 1):
            earlier.on_tick(seen(FIRST + number, 200))
    node = NodeSpec(
        "privcv_privacy.nodes.aggregation:AggregationNode", "aggregation", "/", to_flat(settings)
    )
    asked = threading.Event()

    def rotate(
        request: RotateIdentities.Request, response: RotateIdentities.Response
    ) -> RotateIdentities.Response:
        # Of another time: a clock that was set must not put it out of reach.
        response.done, response.tick, response.generation = True, 2**31, 2
        asked.set()
        return response

    with as_in_the_graph():
        rclpy.init()
    try:
        camera = rclpy.create_node("test_camera")
        camera.create_service(RotateIdentities, "/room/rotate_identities", rotate)
        topic = camera.create_publisher(AnonymousTracks, "/room/anonymous_tracks", RELIABLE)
        with (
            recorded("/zone_reports", ZoneReports) as taken,
            running([ProcessSpec("privacy", (node,))], tmp_path / "log") as graph,
        ):

            def rotated() -> bool:
                rclpy.spin_once(camera, timeout_sec=0.05)
                return asked.is_set() and topic.get_subscription_count() > 0

            graph.wait(rotated, "the aggregation asks for new identities")
            rclpy.spin_once(camera, timeout_sec=0.5)
            for tick in range(FIRST + 2 * TICKS, FIRST + 4 * TICKS + 1):
                old = tick == FIRST + 2 * TICKS  # the camera was silent once before, by itself
                silent = old or tick == ROTATED
                message = seen(tick, 0 if silent else 200, 0 if silent else 100)
                # Ticks of another length are of other moments: they renew, count and end nothing.
                other = anonymous_tracks_message(replace(message, tick=TICK_S * tick, tick_s=1))
                other.last = True
                topic.publish(other)
                topic.publish(anonymous_tracks_message(message))
            graph.wait(
                lambda: sum(bool(said.zones) for said in releases(taken)) >= 2, "two windows"
            )
            found = [said.zones[1] for said in releases(taken) if said.zones]
    finally:
        rclpy.shutdown()
    before, after = found[0], found[1]
    assert before.status == ZoneReport.STATUS_SUPPRESSED
    assert after.status == ZoneReport.STATUS_PUBLISHED
    assert 150 < after.occupancy < 250


def releases(taken: list[bytes]) -> list[ZoneReports]:
    return [deserialize_message(raw, ZoneReports) for raw in taken]


@pytest.mark.parametrize("recorded_when", ["before both", "before the camera"])
def test_a_recorded_tick_is_not_taken_for_the_renewal(tmp_path: Path, recorded_when: str) -> None:
    """Somebody recorded the camera when it counted seven renewals; it was started again, and counts
    from 0. The recorded people have paid: taken for new, they would pay twice."""
    settings = settings_in(tmp_path)
    zones = zone_map("room", settings.cameras["room"].zones)
    with Ledger(settings.ledger) as ledger:  # of an earlier run
        earlier = Aggregator(settings, {"room": zones}, ledger)
        for number in range(TICKS + 1):
            earlier.on_tick(seen(FIRST + number, 200))
    secret = tmp_path / "graph.secret"
    ours = Authenticator(graph_secret(secret))
    name = "/room/anonymous_tracks"

    def wire(tick: int, generation: int) -> bytes:
        message = anonymous_tracks_message(replace(seen(tick, 200), generation=generation))
        return bytes(serialize_message(ours.sign(name, message)))

    record = [wire(FIRST + 2 * TICKS, 7)]
    asked = threading.Event()

    def rotate(
        request: RotateIdentities.Request, response: RotateIdentities.Response
    ) -> RotateIdentities.Response:
        if recorded_when == "before the camera":  # it ran when the aggregation already listened
            record[:] = [wire(FIRST + 2 * TICKS, 7)]
        response.done, response.generation = True, 1
        asked.set()
        return ours.sign("/room/rotate_identities", response, request.nonce)

    with as_in_the_graph():
        rclpy.init()
    try:
        camera = rclpy.create_node("test_camera")
        camera.create_service(RotateIdentities, "/room/rotate_identities", rotate)
        topic = camera.create_publisher(AnonymousTracks, name, RELIABLE)
        node = NodeSpec(
            "privcv_privacy.nodes.aggregation:AggregationNode", "aggregation", "/",
            to_flat(settings),
        )  # fmt: skip
        process = ProcessSpec("privacy", (node,), graph_secret=secret)
        with running([process], tmp_path / "log") as graph:

            def spun(condition: Callable[[], object]) -> Callable[[], object]:
                def check() -> object:
                    rclpy.spin_once(camera, timeout_sec=0.05)
                    return condition()

                return check

            owing = "cameras that still owe new identities"
            refused = f"refused on {name}"
            value = partial(graph.seen.value, "/aggregation")
            graph.wait(spun(asked.is_set), "the aggregation asks for new identities")
            graph.wait(spun(topic.get_subscription_count), "the aggregation listens")
            # It heard the answer before this: its client is destroyed with the first true tick.
            topic.publish(wire(FIRST + 2 * TICKS + 1, 0))
            graph.wait(spun(lambda: int(value("ticks accepted") or 0) == 1), "a tick is heard")
            topic.publish(record[0])
            topic.publish(record[0])
            graph.wait(spun(lambda: int(value(refused) or 0) == 2), "both are refused")
            assert value(owing) == "room"
            topic.publish(wire(FIRST + 3 * TICKS, 1))
            graph.wait(spun(lambda: value(owing) == ""), "the true one is taken")
            assert value("ticks accepted") == "2"
    finally:
        rclpy.shutdown()
