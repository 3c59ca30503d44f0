# SPDX-License-Identifier: Apache-2.0
"""The guard on a real graph: it sees a listener, an image, an open port that are really there."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")

from privcv_compliance.graph.rules import check_graph  # noqa: E402
from privcv_compliance.graph.view import open_dds_ports, pixel_field, rules_for, view_graph  # noqa: E402
from privcv_core.node.environment import graph_environment  # noqa: E402

pytestmark = pytest.mark.graph

PROGRAM = """
import sys, rclpy
from importlib import import_module
rclpy.init()
node = rclpy.create_node(sys.argv[1], namespace=sys.argv[2])
made = []
for word in sys.argv[3:]:
    kind, topic, package, name = word.split("|")
    message = getattr(import_module(package + ".msg"), name)
    if kind == "pub":
        made.append(node.create_publisher(message, topic, 10))
    else:
        made.append(node.create_subscription(message, topic, lambda message: None, 10))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def graph(
    ros_domain: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that are ended after the test; the environment is that of a graph."""
    for name, value in graph_environment().items():
        monkeypatch.setenv(name, value)
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start(
    started: list[subprocess.Popen[bytes]], name: str, namespace: str, *endpoints: str
) -> None:
    words = [sys.executable, "-c", PROGRAM, name, namespace, *endpoints]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
    )
    started.append(process)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"


def findings(expected_nodes: int) -> list[tuple[str, str]]:
    """(kind, node) of what the guard finds once it knows ``expected_nodes`` others."""
    import time

    rclpy.init()
    try:
        node = rclpy.create_node("guard")
        deadline = time.monotonic() + 20
        while len(node.get_node_names()) <= expected_nodes and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1.0)  # endpoints follow their nodes
        topics = view_graph(node)
        rules = rules_for(node, topics, ["lobby"], {"/door/image": "lobby"}, ["/uplink"])
        found = check_graph(topics, rules, pixel_field)
        node.destroy_node()
    finally:
        rclpy.try_shutdown()
    return sorted((finding.kind, finding.node) for finding in found)


def test_a_graph_as_it_should_be_and_then_a_recorder_and_an_image(
    graph: list[subprocess.Popen[bytes]],
) -> None:
    start(graph, "driver", "/door", "pub|image|sensor_msgs|Image")
    start(graph, "detection", "/lobby", "sub|/door/image|sensor_msgs|Image",
          "pub|detections|privcv_msgs|Detections")  # fmt: skip
    start(graph, "tracking", "/lobby", "sub|detections|privcv_msgs|Detections",
          "pub|tracks|privcv_msgs|Tracks")  # fmt: skip
    start(graph, "aggregation", "/", "sub|/lobby/anonymous_tracks|privcv_msgs|AnonymousTracks",
          "pub|/zone_reports|privcv_msgs|ZoneReports")  # fmt: skip
    assert findings(4) == []
    start(graph, "rosbag2_recorder", "/", "sub|/lobby/tracks|privcv_msgs|Tracks")
    start(graph, "viewer", "/", "sub|/door/image|sensor_msgs|Image",
          "pub|/lobby/overlay|sensor_msgs|CompressedImage")  # fmt: skip
    assert findings(6) == [
        ("frames", "/viewer"),
        ("image", "/viewer"),
        ("recorder", "/rosbag2_recorder"),
    ]


def test_a_port_open_to_others_is_seen_and_one_bound_to_loopback_is_not(
    ros_domain: int,
) -> None:
    ports = range(7400 + 250 * ros_domain, 7400 + 250 * ros_domain + 250)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wide:
        wide.bind(("0.0.0.0", ports[10]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as narrow:
            narrow.bind(("127.0.0.1", ports[12]))
            assert open_dds_ports(ros_domain) == (ports[10],)


def test_without_a_proc_file_system_nothing_is_claimed(tmp_path: Path) -> None:
    assert open_dds_ports(0, tmp_path) == ()
