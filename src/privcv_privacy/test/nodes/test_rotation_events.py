# SPDX-License-Identifier: Apache-2.0
"""The audit log of a real anonymization node: one entry per rotation, with its reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from rclpy.context import Context
from rclpy.lifecycle import TransitionCallbackReturn

from privcv_core.audit.verify import read_chain
from privcv_core.settings.dotted import nest
from privcv_core.settings.settings_file import SettingsFile
from privcv_msgs.msg import Tracks
from privcv_msgs.srv import RotateIdentities
from privcv_privacy.nodes.anonymization import AnonymizationNode

pytestmark = pytest.mark.graph

START_S = 1_800_000_000
PARAMETERS = {
    "camera": "lobby",
    "identities.period_s": 60.0,
    "identities.grace_s": 10.0,
    "identities.silence_s": 5.0,
}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AnonymizationNode]:
    context = Context()
    rclpy.init(context=context)
    given = nest({**PARAMETERS, "audit.folder": str(tmp_path)})
    file = SettingsFile(tmp_path / "settings.yaml", {"/anonymization": given})
    node = AnonymizationNode(context=context, settings_file=file)
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    yield node
    node.trigger_shutdown()
    node.destroy_node()
    context.shutdown()


def see(node: AnonymizationNode, at_s: int) -> None:
    """A frame without people."""
    tracks = Tracks(camera="lobby")
    tracks.stamp.sec = START_S + at_s
    node._subscription.callback(tracks)


def force(node: AnonymizationNode, reason: str) -> None:
    request = RotateIdentities.Request(reason=reason)
    assert node._service.callback(request, RotateIdentities.Response()).done


def reasons(folder: Path) -> list[object]:
    return [
        entry.facts["reason"]
        for entry in read_chain(folder, "lobby.anonymization", "identities.rotated")
    ]


def test_a_forced_rotation_is_recorded_once_with_its_reason(
    node: AnonymizationNode, tmp_path: Path
) -> None:
    for second in range(0, 20, 5):
        see(node, second)
    force(node, "request 1a2b3c4d of a data subject")
    for second in range(20, 60, 5):
        see(node, second)
    assert reasons(tmp_path) == ["request 1a2b3c4d of a data subject"]


def test_forced_and_periodic_rotations_each_have_their_reason(
    node: AnonymizationNode, tmp_path: Path
) -> None:
    for second in range(0, 75, 5):
        see(node, second)
    force(node, "asked")
    force(node, "asked again")
    for second in range(75, 160, 5):
        see(node, second)
    assert reasons(tmp_path) == ["period", "asked", "asked again", "period"]


def test_each_rotation_that_one_frame_brings_is_recorded(
    node: AnonymizationNode, tmp_path: Path
) -> None:
    """After minutes without a frame the periods that passed are caught up at once."""
    see(node, 0)
    see(node, 200)
    assert reasons(tmp_path) == ["period"] * 3


def test_a_rotation_in_the_last_tick_of_a_node_is_recorded(
    node: AnonymizationNode, tmp_path: Path
) -> None:
    for second in range(0, 61, 5):
        see(node, second)
    assert reasons(tmp_path) == []
    node.trigger_deactivate()
    assert reasons(tmp_path) == ["period"]


def test_it_is_heard_that_somebody_listens_only_once_it_counts(tmp_path: Path) -> None:
    """A camera begins when it is listened to: what an inactive node heard would be lost."""
    context = Context()
    rclpy.init(context=context)
    given = nest({**PARAMETERS, "audit.folder": str(tmp_path)})
    file = SettingsFile(tmp_path / "settings.yaml", {"/anonymization": given})
    node = AnonymizationNode(context=context, settings_file=file)
    try:
        listening = [node.count_subscribers("tracks")]
        for change in (node.trigger_configure, node.trigger_activate, node.trigger_deactivate):
            assert change() == TransitionCallbackReturn.SUCCESS
            listening.append(node.count_subscribers("tracks"))
        assert listening == [0, 0, 1, 0]
    finally:
        node.trigger_shutdown()
        node.destroy_node()
        context.shutdown()
