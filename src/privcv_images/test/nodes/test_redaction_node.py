# SPDX-License-Identifier: Apache-2.0
"""The redaction node over DDS: what is permitted comes out without people, and nothing else."""

import copy
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from live_messages import S, camera_info, image
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from scripted_finder import WHITE, WhiteSquareFinder
from sensor_msgs.msg import CameraInfo, Image
from waiting import wait_until

from privcv_core.audit.verify import read_chain
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed, withdraw
from privcv_core.node.health import Level
from privcv_core.protocol.signing import SigningKey
from privcv_core.settings.settings_file import SettingsFile
from privcv_images.nodes import redaction
from privcv_perception.frames.hardening import HardeningReport

pytestmark = pytest.mark.graph

RELIABLE = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
KEY = SigningKey.generate()


def permit(file: Path, use: str = "images") -> None:
    now = datetime.now(timezone.utc)
    record = AuthorizationRecord(
        site="yard", camera="front", controller="Acme", contact="dpo@acme.example",
        lawful_basis="legitimate_interests", purpose="remote driving", use=use, area="the yard",
        authorized_by="the officer", issued=now - timedelta(days=1),
        expires=now + timedelta(days=30),
    )  # fmt: skip
    save_signed(SignedRecord.sign(record, KEY), file)


class Graph:
    """A camera's driver, the node, and somebody who watches, each on an executor's thread."""

    def __init__(self, folder: Path, use: str) -> None:
        self.record = folder / "front.json"
        permit(self.record, use)
        given: dict[str, Any] = {
            "camera": "front", "topic": "/front/image_raw", "people": {"kind": "builtin"},
            "audit": {"folder": str(folder / "audit")}, "lost_s": 0.4, "queue": 64,
            "authorization": {"file": str(self.record), "trusted_keys": [KEY.public]},
        }  # fmt: skip
        self.context = Context()
        rclpy.init(context=self.context)
        file = SettingsFile(folder / "settings.yaml", {"/front/redaction": given})
        self.node = redaction.RedactionNode(
            context=self.context, settings_file=file, namespace="/front"
        )
        self.driver = rclpy.create_node("driver", context=self.context)
        self.images = self.driver.create_publisher(Image, "/front/image_raw", RELIABLE)
        self.infos = self.driver.create_publisher(CameraInfo, "/front/camera_info", RELIABLE)
        self.watcher = rclpy.create_node("watcher", context=self.context)
        self.shown: list[Image] = []
        self.shown_infos: list[CameraInfo] = []
        for kind, name, into in (
            (Image, "image_raw", self.shown), (CameraInfo, "camera_info", self.shown_infos),
        ):  # fmt: skip
            self.watcher.create_subscription(kind, f"/front/redacted/{name}", into.append, RELIABLE)
        self.executor = SingleThreadedExecutor(context=self.context)
        for one in (self.node, self.driver, self.watcher):
            self.executor.add_node(one)
        self.thread = threading.Thread(target=self.executor.spin, daemon=True)
        self.thread.start()

    def play(self, first: int, last: int) -> None:
        """Images ``first`` to before ``last``, ten a second of event time, and their infos.

        Each when the one before was looked at: the middleware keeps five.
        """
        for index in range(first, last):
            stamp_ns = 1000 * S + index * S // 10
            self.infos.publish(camera_info(stamp_ns))
            self.images.publish(image(index, stamp_ns))
            wait_until(lambda count=index + 1: self.node._stream.received == count, 60)

    def close(self) -> None:
        self.executor.shutdown()
        self.node.trigger_shutdown()
        for one in (self.node, self.driver, self.watcher):
            one.destroy_node()
        self.context.shutdown()


@pytest.fixture
def graph(
    tmp_path: Path, ros_domain: int, monkeypatch: pytest.MonkeyPatch, request: Any
) -> Iterator[Graph]:
    monkeypatch.setattr(redaction, "Finder", lambda settings: WhiteSquareFinder())
    # This process runs other tests: it is to stay as it is.
    monkeypatch.setattr(redaction, "harden", lambda: HardeningReport(True, True, True, "UDPv4"))
    made = Graph(tmp_path, getattr(request, "param", "images"))
    yield made
    made.close()


def started(graph: Graph) -> None:
    graph.node.trigger_configure()
    wait_until(lambda: graph.node.get_publishers_info_by_topic("/front/image_raw"))
    graph.node.trigger_activate()
    assert graph.node.is_active, graph.node.problem
    wait_until(lambda: graph.images.get_subscription_count() and
               graph.infos.get_subscription_count() and
               graph.node._images.get_subscription_count() and
               graph.node._infos.get_subscription_count())  # fmt: skip


def test_what_is_permitted_is_shown_without_people_until_it_is_withdrawn(graph: Graph) -> None:
    started(graph)
    offered = graph.watcher.get_publishers_info_by_topic("/front/redacted/image_raw")
    assert [one.qos_profile.reliability for one in offered] == [ReliabilityPolicy.RELIABLE]
    graph.play(0, 40)
    wait_until(lambda: len(graph.shown) >= 20 and len(graph.shown_infos) >= 20, 60)
    hidden = 0
    for one in graph.shown:
        index = (one.header.stamp.sec - 1000) * 10 + one.header.stamp.nanosec // (S // 10)
        stamp_ns = 1000 * S + index * S // 10
        given = deserialize_message(image(index, stamp_ns), Image)
        pixels = np.frombuffer(one.data, np.uint8).reshape(120, 160, 3)
        assert not (pixels >= WHITE).all(axis=2).any(), index
        original = np.frombuffer(given.data, np.uint8).reshape(120, 160, 3)
        hidden += bool((pixels != original).any())
        bare, expected = copy.copy(one), copy.copy(given)
        bare.data = expected.data = []
        assert bare == expected
        info = deserialize_message(camera_info(stamp_ns), CameraInfo)
        assert info in graph.shown_infos
    assert hidden >= 10
    values = graph.node.health().values
    assert values["images"] == 40
    withdraw(graph.record, "controller", "objection", datetime.now(timezone.utc))
    before = len(graph.shown)
    graph.play(40, 80)
    health = graph.node.health()
    assert health.level == Level.ERROR
    assert "withdrawn" in health.message
    assert len(graph.shown) == before
    assert health.values["images withheld while the gate was closed"] >= 40
    folder = graph.record.parent / "audit"
    assert [e.facts["kind"] for e in read_chain(folder, "front.redaction", "gate.closed")] == [
        "withdrawn"
    ]


@pytest.mark.parametrize("graph", ["statistics"], indirect=True)
def test_a_record_for_counting_does_not_let_images_be_shown(graph: Graph) -> None:
    graph.node.trigger_configure()
    wait_until(lambda: graph.node.get_publishers_info_by_topic("/front/image_raw"))
    graph.node.trigger_activate()
    assert not graph.node.is_active
    assert "for the use 'statistics', not for images" in graph.node.problem
    assert graph.watcher.count_publishers("/front/redacted/image_raw") == 0
