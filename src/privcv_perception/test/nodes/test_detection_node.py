# SPDX-License-Identifier: Apache-2.0
"""The detection node, run for real: a message per frame with its exact time, and a last one."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from privcv_perception.residue.process import SubjectProcess

FRAMES = 30
START_S = 1_769_846_400  # 2026-01-31T08:00:00Z


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Three seconds of an empty grey room."""
    path = tmp_path / "room.avi"
    fourcc = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, 10.0, (320, 240))
    for _ in range(FRAMES):
        writer.write(np.full((240, 320, 3), 128, np.uint8))
    writer.release()
    return path


@pytest.mark.graph
def test_every_frame_of_a_file_is_published_once_and_then_the_end(
    video: Path, tmp_path: Path, ros_domain: int
):
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
    messages = pytest.importorskip("privcv_msgs.msg", reason="needs the built workspace")
    from privcv_core.node.qos import RELIABLE

    source = {"kind": "file", "uri": str(video), "start": "2026-01-31T08:00:00Z", "rate": 1.0}
    request = {"source": source, "detector": {"kind": "builtin"}, "harden": True, "wipe": True}
    request["listeners"] = 1
    context = rclpy.Context()
    context.init()
    node = rclpy.create_node("listener", context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    got = []
    node.create_subscription(messages.Detections, "/detections", got.append, RELIABLE)
    try:
        with SubjectProcess(
            request, tmp_path / "subject", "privcv_perception.residue.node_subject"
        ) as subject:
            deadline = time.monotonic() + 60
            while not (got and got[-1].last) and time.monotonic() < deadline:
                executor.spin_once(timeout_sec=0.2)
            subject.wait_for("ended")
    finally:
        node.destroy_node()
        context.shutdown()
    *frames, end = got
    assert (end.last, end.outcome) == (True, messages.Detections.OUTCOME_NONE)
    numbers = [message.frame for message in frames]
    assert numbers == list(range(FRAMES))
    for message in frames:
        time_ns = message.stamp.sec * 10**9 + message.stamp.nanosec
        assert time_ns == START_S * 10**9 + message.frame * 10**8
        assert (message.image_width, message.image_height) == (320, 240)
        assert len(message.x) == 0
        assert not message.last
