# SPDX-License-Identifier: Apache-2.0
"""Two devices on one domain, each in its namespace: with the same names they do not meet."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import rclpy
import yaml
from graph_runner import RunningGraph, running
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image

from privcv_bringup.scene.render import Scene, write_scene
from privcv_core.node.environment import as_in_the_graph
from privcv_core.settings.model import parse_settings
from privcv_msgs.msg import Tracks
from privcv_privacy.anonymous_tick import TICK_S
from privcv_site.graph import build_graph
from privcv_site.site import Site

pytestmark = pytest.mark.graph

SCENE = Scene(duration_s=12.0, people_per_minute=24.0, seed=3)
RATES_HZ = {"robot1": 8, "robot2": 4}  # the same frames, in twice the time


def site_of(name: str, scene_folder: Path, folder: Path) -> Site:
    room = yaml.safe_load((scene_folder / "camera.yaml").read_text())
    room["source"] = {
        "kind": "file", "uri": str(scene_folder / "video.avi"), "fps": RATES_HZ[name],
        "start": "2026-03-02T09:00:00Z",
    }  # fmt: skip
    room["authorization"] = {"required": False}
    room["zones"] = {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}}
    content: dict[str, Any] = {
        "namespace": name,
        "state": str(folder / name),
        "cameras": {"room": room},
        "privacy": {"unit": "person_window", "epsilon": 4, "window_s": 10, "dwell_period_s": 60},
    }
    if name == "robot1":  # whose camera reads frames that another process offers
        content["cameras"]["door"] = {**room, "source": {"kind": "topic", "uri": "image_raw"}}
    else:
        content["neighbours"] = ["robot1"]
    return parse_settings(Site, content, where="test")


def counted(graph: RunningGraph) -> int:
    return int(graph.seen.value("/aggregation", "ticks accepted") or 0)


def found(graph: RunningGraph) -> list[str]:
    values = graph.seen.health["/guard"][2]
    return [text for name, text in values.items() if name.startswith("finding ")]


def test_each_counts_its_own_camera_and_finds_no_stranger_in_the_other(
    tmp_path: Path,
) -> None:
    write_scene(SCENE, tmp_path / "scene")
    frames = round(SCENE.duration_s * SCENE.fps)
    sites = [site_of(name, tmp_path / "scene", tmp_path) for name in RATES_HZ]
    one, two = (
        running(build_graph(site), tmp_path / site.namespace[1:], namespace=site.namespace)
        for site in sites
    )
    context = rclpy.Context()
    with as_in_the_graph():
        rclpy.init(context=context)
        node = rclpy.create_node("driver", namespace="bench", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    driver = node.create_publisher(Image, "/robot1/door/image_raw", 10)
    try:
        with one as first, two as second:
            for graph in (first, second):
                graph.wait(
                    lambda graph=graph: (
                        graph.seen.value("/room/detection", "state") == "ended"
                        and "room" in graph.seen.ended
                    ),
                    "its clip did not end",
                )
            first.wait(lambda: driver.get_subscription_count() == 1, "the door is not watched")
            for graph, rate_hz in zip((first, second), RATES_HZ.values(), strict=True):
                ticks = frames // rate_hz // TICK_S
                graph.wait(lambda graph=graph, ticks=ticks: counted(graph) >= ticks, "too few")
                assert counted(graph) == ticks
            # Names of one device are as those of the other: had they met, their messages, of
            # another secret, would have been refused.
            for graph in (first, second):
                values = [key for _, _, said in graph.seen.health.values() for key in said]
                assert not [key for key in values if key.startswith("refused on")]
                looks = int(graph.seen.value("/guard", "looks"))
                graph.wait(
                    lambda graph=graph, looks=looks: (
                        int(graph.seen.value("/guard", "looks")) > looks + 1
                    ),
                    "the guard does not look",
                )
                assert found(graph) == []

            # And each sees what is wrong with its own.
            node.create_subscription(Tracks, "/robot1/room/tracks", lambda message: None, 10)
            first.wait(lambda: found(first) != [], "the listener is not found")
            assert found(first) == [
                "/bench/driver listens to /robot1/room/tracks; only /robot1/room/anonymization may"
            ]
            assert found(second) == []
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown(context=context)
