# SPDX-License-Identifier: Apache-2.0
"""The HMAC of messages: everything in one counts, and no other topic, secret or request fits."""

import copy
import struct
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("privcv_msgs.msg", reason="needs the built workspace")
from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.errors import PrivcvError
from privcv_core.event_time.running_time import Running
from privcv_core.node.authentication import Authenticator, UnauthenticMessage
from privcv_core.protocol import base64url
from privcv_msgs.msg import AnonymousTrack, AnonymousTracks, Detections, ZoneReport, ZoneReports

OURS = Authenticator(b"x" * 32)


def tick() -> AnonymousTracks:
    tracks = [AnonymousTrack(id=2**64 - 1, cells=1), AnonymousTrack(id=1, cells=1)]
    cells = {"cell_x": [-3, 0], "cell_y": [0, 0]}
    return AnonymousTracks(camera="lobby", tick=7, tick_s=5, tracks=tracks, **cells)


MESSAGES: list[Any] = [
    tick(),
    ZoneReports(sequence=3, camera="é", zones=[ZoneReport(confidence=0.1, flow=[1, 2, 3, 4, 5])]),
    Detections(camera="lobby", x=[0.1, 1e30], y=[0.0, -1.0]),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_that_came_over_the_wire_is_known(message: Any) -> None:
    signed = OURS.sign("/topic", copy.deepcopy(message), 9)
    taken = deserialize_message(serialize_message(signed), type(message))
    OURS.check("/topic", taken, 9)
    for other, topic, bound in (
        (Authenticator(b"y" * 32), "/topic", 9), (OURS, "/other", 9), (OURS, "/topic", 8),
    ):  # fmt: skip
        with pytest.raises(UnauthenticMessage):
            other.check(topic, taken, bound)


CHANGES: dict[str, Callable[[AnonymousTracks], Any]] = {
    "camera": lambda m: setattr(m, "camera", "hall"),
    "tick": lambda m: setattr(m, "tick", 8),
    "last": lambda m: setattr(m, "last", True),
    "a cell": lambda m: m.cell_x.__setitem__(0, -2),
    "whose a cell is": lambda m: setattr(m.tracks[0], "cells", 2),
    "the order": lambda m: m.tracks.reverse(),
    "one less": lambda m: m.tracks.pop(),
    "no mac": lambda m: setattr(m, "mac", ""),
    "another mac": lambda m: setattr(m, "mac", "é" * 20),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_is_noticed(change: str) -> None:
    message = OURS.sign("/topic", tick())
    OURS.check("/topic", message)
    CHANGES[change](message)
    with pytest.raises(UnauthenticMessage):
        OURS.check("/topic", message)


def test_a_message_says_when_it_was_made_and_of_which_boot() -> None:
    now = Running("a" * 32, 5)
    ours = Authenticator(b"x" * 32, lambda: now)
    message = ours.sign("/topic", tick())
    assert ours.check("/topic", message) == 5
    made = base64url.decode(message.mac)
    message.mac = base64url.encode(struct.pack(">Q", 6) + made[8:])  # as if it were later
    with pytest.raises(UnauthenticMessage):
        ours.check("/topic", message)
    message.mac = base64url.encode(made)
    now = Running("b" * 32, 5)  # the machine was started again and has run for as long
    with pytest.raises(UnauthenticMessage):
        ours.check("/topic", message)


def test_where_boots_cannot_be_told_apart_nothing_is_authenticated() -> None:
    with pytest.raises(PrivcvError, match=r"PRIVCV_BOOT=%b"):
        Authenticator(b"x" * 32, lambda: Running("", 5))


def test_without_a_secret_everything_is_believed_and_nothing_signed() -> None:
    stand_alone = Authenticator(None)
    assert stand_alone.sign("/topic", tick()).mac == ""
    stand_alone.check("/topic", tick())
    assert not stand_alone.has_secret
