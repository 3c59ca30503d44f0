# SPDX-License-Identifier: Apache-2.0
"""A recorded message is believed by nobody a second time, and by no later listener at all."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("privcv_msgs.msg", reason="needs the built workspace")
import rclpy
from rclpy.context import Context
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.event_time.running_time import running_time
from privcv_core.node import freshness
from privcv_core.node.authentication import Authenticator, UnauthenticMessage
from privcv_core.node.freshness import Freshness
from privcv_core.node.messages import MessageNode
from privcv_core.node.qos import LATCHED, RELIABLE
from privcv_msgs.msg import DeliveryStatus


def test_only_what_is_newer_than_all_before_is_believed() -> None:
    before_ns = running_time().at_ns
    fresh = Freshness()
    first_ns, second_ns = running_time().at_ns, running_time().at_ns + 1
    fresh.believe("/topic", second_ns)
    for made_ns in (before_ns, first_ns, second_ns):
        with pytest.raises(UnauthenticMessage, match="said again"):
            fresh.believe("/topic", made_ns)


def test_what_was_held_back_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Freshness()
    made_ns = running_time().at_ns
    monkeypatch.setattr(freshness, "MAX_AGE_NS", -1)
    with pytest.raises(UnauthenticMessage, match="held back"):
        fresh.believe("/topic", made_ns)


class Listener(MessageNode):
    """Believes what it hears; ``wire`` is what comes in, as bytes of the middleware."""

    authenticator = Authenticator(b"x" * 32)

    def __init__(self, qos: QoSProfile, context: Context) -> None:
        self.believed: list[int] = []
        super().__init__("listener", context=context)
        take = lambda message: self.believed.append(message.delivered)  # noqa: E731
        self.heard = self.listen(DeliveryStatus, "/said", take, qos)

    def hear(self, wire: bytes) -> None:
        self.heard.callback(deserialize_message(wire, DeliveryStatus))


@pytest.fixture
def context() -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context)
    yield context
    context.shutdown()


def recorded(number: int) -> bytes:
    message: Any = DeliveryStatus(delivered=number, state=1)
    return bytes(serialize_message(Listener.authenticator.sign("/said", copy.copy(message))))


@pytest.mark.graph
@pytest.mark.parametrize("qos", [RELIABLE, LATCHED], ids=["reliable", "latched"])
def test_recorded_messages_that_are_played_again_are_believed_once(
    context: Context, qos: QoSProfile
) -> None:
    node = Listener(qos, context)
    wire = [recorded(number) for number in range(3)]
    for said in (wire[0], wire[1], wire[0], wire[1], wire[2], wire[2]):
        node.hear(said)
    assert node.believed == [0, 1, 2]
    assert node.refused["/said"] == 3
    started_again = Listener(qos, context)
    for said in wire:
        started_again.hear(said)
    assert started_again.believed == []
    # The last of a latched topic comes to whoever listens: that is no attack.
    assert started_again.refused["/said"] == (0 if qos is LATCHED else 3)
    for each in (node, started_again):
        each.destroy_node()
