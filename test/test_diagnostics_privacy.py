# SPDX-License-Identifier: Apache-2.0
"""What /diagnostics says of people is the same whether one is there or forty.

Real anonymization nodes: in one room a single person stays, in the other a crowd, so long that
identities run out, are replaced and are kept back.
"""

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import rclpy
from builtin_interfaces.msg import Time
from graph_runner import running

from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.qos import RELIABLE
from privcv_msgs.msg import Tracks
from privcv_site.processes import NodeSpec, ProcessSpec

pytestmark = pytest.mark.graph

ROOMS = {"room_a": 1, "room_b": 40}
FRAMES = 600
BEGIN_S = 1_700_000_000


def frame(camera: str, number: int) -> Tracks:
    """People who stand in rows, a frame a second."""
    places = range(ROOMS[camera])
    return Tracks(
        stamp=Time(sec=BEGIN_S + number), camera=camera, frame=number, id=list(places),
        x_m=[float(place % 8) for place in places], y_m=[float(place // 8) for place in places],
        vx_mps=[0.0 for _ in places], vy_mps=[0.0 for _ in places],
        width_m=[0.5 for _ in places],
    )  # fmt: skip


def test_diagnostics_of_a_crowd_are_those_of_one_person(tmp_path: Path) -> None:
    processes = [
        ProcessSpec(
            camera,
            (
                NodeSpec(
                    "privcv_privacy.nodes.anonymization:AnonymizationNode",
                    "anonymization",
                    f"/{camera}",
                    {"camera": camera, "identities.period_s": 300.0, "identities.grace_s": 60.0},
                ),
            ),
        )
        for camera in ROOMS
    ]
    with running(processes, tmp_path / "log") as graph:
        with as_in_the_graph():
            rclpy.init()
        try:
            node = rclpy.create_node("test_cameras")
            topics = {
                camera: node.create_publisher(Tracks, f"/{camera}/tracks", RELIABLE)
                for camera in ROOMS
            }
            graph.wait(
                lambda: all(topic.get_subscription_count() for topic in topics.values()),
                "the nodes run",
            )
            for number in range(FRAMES):
                for camera, topic in topics.items():
                    topic.publish(frame(camera, number))
                if number % 50 == 49:  # no faster than they are taken
                    graph.wait(
                        lambda: all(
                            int(graph.seen.value(f"/{camera}/anonymization", "frames") or 0)
                            > number  # noqa: B023
                            for camera in ROOMS
                        ),
                        f"{number} frames were taken",
                    )
        finally:
            rclpy.shutdown()
        one, many = (dict(graph.seen.health[f"/{camera}/anonymization"][2]) for camera in ROOMS)
    assert int(one["frames"]) == FRAMES
    assert int(one["rotations"]) > 0
    assert one == many
