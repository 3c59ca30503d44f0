# SPDX-License-Identifier: Apache-2.0
"""Tracks as arrays and as a message: one conversion each way, which loses and copies nothing."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.protocol.tracks_message import FloorTracks, floor_tracks, tracks_message
from privcv_msgs.msg import Tracks

MEASURES = ("x_m", "y_m", "vx_mps", "vy_mps", "width_m")


def made(people: int) -> FloorTracks:
    rng = np.random.default_rng(people)
    columns = rng.normal(0, 10, (5, people)).astype(np.float32)
    ids = rng.integers(0, 2**32, people, dtype=np.uint32)
    return FloorTracks("lobby", 7, 1_769_846_400_250_000_001, 3, True, ids, *columns)


@pytest.mark.parametrize("people", [0, 1, 20, Tracks.MAX, Tracks.MAX + 44])
def test_what_arrives_is_what_was_sent(people: int) -> None:
    sent = made(people)
    message = deserialize_message(serialize_message(tracks_message(sent)), Tracks)
    arrived = floor_tracks(message)
    names = ("camera", "frame", "stamp_ns", "era", "last")
    assert [getattr(arrived, name) for name in names] == [getattr(sent, name) for name in names]
    for name in ("ids", *MEASURES):
        there, here = getattr(arrived, name), getattr(sent, name)
        assert there.dtype == here.dtype
        np.testing.assert_array_equal(there, here[: Tracks.MAX])


def test_the_message_says_each_column_by_its_name() -> None:
    sent = made(3)
    message = tracks_message(sent)
    assert list(message.id) == sent.ids.tolist()
    for name in MEASURES:
        assert list(getattr(message, name)) == getattr(sent, name).tolist()


def test_arrays_of_a_message_are_views_of_it() -> None:
    message = tracks_message(made(3))
    tracks = floor_tracks(message)
    message.x_m[1] = 99.0
    assert tracks.x_m[1] == 99.0
