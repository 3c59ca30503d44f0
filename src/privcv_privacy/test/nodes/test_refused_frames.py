# SPDX-License-Identifier: Apache-2.0
"""A real anonymization node says which frames it refuses for as long as it does."""

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from rclpy.context import Context
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

from privcv_core.node.health import Level
from privcv_msgs.msg import Tracks
from privcv_privacy.nodes.anonymization import AnonymizationNode

pytestmark = pytest.mark.graph


@pytest.fixture
def node() -> Iterator[AnonymizationNode]:
    context = Context()
    rclpy.init(context=context)
    node = AnonymizationNode(
        context=context, parameter_overrides=[Parameter("camera", value="lobby")]
    )
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    yield node
    node.trigger_shutdown()
    node.destroy_node()
    context.shutdown()


def see(node: AnonymizationNode, at_s: int, era: int = 0) -> Level:
    """A frame without people, and how the node is doing then."""
    tracks = Tracks(era=era, camera="lobby")
    tracks.stamp.sec = 1_800_000_000 + at_s
    node._subscription.callback(tracks)
    return node.health().level


def test_it_warns_while_time_is_back_and_is_well_once_that_is_believed(
    node: AnonymizationNode,
) -> None:
    assert [see(node, second) for second in (0, 1)] == [Level.OK] * 2
    back = [see(node, second) for second in range(-19_800, -19_795)]
    assert back == [Level.WARN, Level.WARN, Level.OK, Level.OK, Level.OK]


def test_an_era_is_believed_at_once(node: AnonymizationNode) -> None:
    assert see(node, 0) == Level.OK
    assert see(node, -19_800, era=1) == Level.OK
    assert see(node, -19_801, era=1) == Level.WARN
    assert "lobby: frames refused since" in node.health().message
