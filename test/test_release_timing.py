# SPDX-License-Identifier: Apache-2.0
"""When a release leaves and how large it is says nothing about how many people were there.

The real aggregation node, over DDS, with its durable ledger: two cameras, one over an empty room
and one over a crowd.
"""

import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import rclpy
from anonymous_ticks import tick_in_cells
from graph_runner import recorded, running
from rclpy.serialization import deserialize_message

from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.qos import RELIABLE
from privcv_core.settings.dotted import to_flat
from privcv_core.settings.model import parse_settings
from privcv_msgs.msg import AnonymousTracks, ZoneReport, ZoneReports
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.nodes.messages import anonymous_tracks_message
from privcv_site.processes import NodeSpec, ProcessSpec

pytestmark = pytest.mark.graph

EMPTY, CROWD = "room_a", "room_b"
TICK_S, TICKS, WINDOWS = 5, 4, 3  # a window of 20 s, dwell at the end of the third
FIRST = 340_000_000 - 340_000_000 % (86400 // TICK_S)


def aggregation(folder: Path) -> ProcessSpec:
    square = {"polygon_m": [0, 0, 4, 0, 4, 4, 0, 4]}
    content = {
        "cameras": {name: {"zones": {"hall": square}} for name in (EMPTY, CROWD)},
        "window_s": TICKS * TICK_S, "dwell_period_s": WINDOWS * TICKS * TICK_S, "k": 5,
        "epsilon": 8, "ledger": str(folder / "ledger.db"), "refuse_future": False,
        "silent_after_s": 3600, "listeners": 1,  # the recorder: what is made before is lost to it
    }  # fmt: skip
    settings = parse_settings(AggregationSettings, content, where="test")
    implementation = "privcv_privacy.nodes.aggregation:AggregationNode"
    return ProcessSpec(
        "privacy", (NodeSpec(implementation, "aggregation", "/", to_flat(settings)),)
    )


def seen(camera: str, number: int) -> AnonymousTracks:
    """Nobody, or two hundred people who are others in every window."""
    count = 200 if camera == CROWD else 0
    return anonymous_tracks_message(
        tick_in_cells(
            camera,
            FIRST + number,
            [(id + 1000 * (number // TICKS), [(3, 3)], 3) for id in range(count)],
        )
    )


def test_time_and_size_of_a_release_do_not_depend_on_people(tmp_path: Path) -> None:
    releases: list[tuple[int, int, ZoneReports]] = []  # tick that led to it, bytes, content
    with (
        recorded("/zone_reports", ZoneReports) as taken,
        running([aggregation(tmp_path)], tmp_path / "log") as graph,
    ):
        with as_in_the_graph():
            rclpy.init()
        try:
            node = rclpy.create_node("test_cameras")
            topics = {
                camera: node.create_publisher(
                    AnonymousTracks, f"/{camera}/anonymous_tracks", RELIABLE
                )
                for camera in (EMPTY, CROWD)
            }
            graph.wait(
                lambda: (
                    all(topic.get_subscription_count() for topic in topics.values())
                    and "/aggregation" in graph.seen.health
                ),
                "the aggregation runs",
            )
            for number in range(WINDOWS * TICKS + 1):
                for camera, topic in topics.items():
                    topic.publish(seen(camera, number))
                expected = 2 * (number // TICKS + (number == WINDOWS * TICKS))
                graph.wait(lambda: len(taken) >= expected, f"{expected} releases")  # noqa: B023
                time.sleep(0.1)  # and no other comes before its time
                for raw in taken[len(releases) :]:
                    releases.append((number, len(raw), deserialize_message(raw, ZoneReports)))
        finally:
            rclpy.shutdown()
    by_camera = {
        camera: [
            (tick, size, len(said.zones), len(said.dwell))
            for tick, size, said in releases
            if said.camera == camera
        ]
        for camera in (EMPTY, CROWD)
    }
    assert by_camera[EMPTY] == by_camera[CROWD]
    assert [tick for tick, *_ in by_camera[CROWD]] == [TICKS, 2 * TICKS, 3 * TICKS, 3 * TICKS]
    # The scene was what it should be: one camera shows a crowd, the other hides its zone.
    status = {
        camera: {said.zones[1].status for _, _, said in releases
                 if said.zones and said.camera == camera}
        for camera in (EMPTY, CROWD)
    }  # fmt: skip
    assert status[CROWD] == {ZoneReport.STATUS_PUBLISHED}
    assert ZoneReport.STATUS_SUPPRESSED in status[EMPTY]
