# SPDX-License-Identifier: Apache-2.0
"""Anonymous tracks are the same after the wire, and what no anonymizer makes is refused."""

import copy

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs the built messages and ROS 2")

from anonymous_ticks import tick_in_cells
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.node.messages import RefusedMessage
from privcv_msgs.msg import AnonymousTrack, AnonymousTracks
from privcv_privacy.nodes.messages import (
    anonymous_tick,
    anonymous_tracks_message,
    check_anonymous_tracks,
)

INT16 = st.integers(-32768, 32767)
PATHS = st.lists(st.lists(st.tuples(INT16, INT16), min_size=1, max_size=32), max_size=8)


@given(PATHS)
def test_a_tick_is_the_same_after_the_wire(paths):
    sent = tick_in_cells("lobby", 7, [(id, path, id % 9) for id, path in enumerate(paths)])
    sent.crossed[:] = 2**32 - 1
    raw = serialize_message(anonymous_tracks_message(sent))
    message = deserialize_message(raw, AnonymousTracks)
    check_anonymous_tracks(message, "lobby", lines=16)
    taken = anonymous_tick(message)
    for name, value in vars(sent).items():
        assert np.array_equal(getattr(taken, name), value), name
        assert getattr(getattr(taken, name), "dtype", None) == getattr(value, "dtype", None), name


def message():
    """Three people, in 2, 1 and 3 cells."""
    people = [(1, [(0, 5), (0, 4)], 1), (2, [(-3, 9)], 0), (3, [(7, 1), (6, 2), (7, -1)], 2)]
    return anonymous_tracks_message(tick_in_cells("lobby", 7, people))


def swapped(m, one, other):
    for cells in (m.cell_x, m.cell_y):
        cells[one], cells[other] = cells[other], cells[one]


def repeated(m):
    m.cell_x[1], m.cell_y[1] = m.cell_x[0], m.cell_y[0]


def longer(m):
    m.cell_x.append(9)
    m.cell_y.append(9)


def moved_count(m):
    m.tracks[0].cells, m.tracks[1].cells = 1, 2


LISTS = "as long as their people say"
SORTED = "not sorted, or given twice"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: setattr(m, "camera", "hall"), "another camera"),
        (lambda m: setattr(m, "observed_percent", 101), "above 100"),
        (lambda m: setattr(m.tracks[0], "id", 2), "an identity twice"),
        (lambda m: setattr(m.tracks[0], "size", 4), "a size"),
        (lambda m: setattr(m.tracks[0], "direction", 9), "a direction"),
        (lambda m: setattr(m.tracks[0], "crossed", 1), "a line crossed that is none"),
        (lambda m: setattr(m.tracks[1], "cells", 0), "without a cell"),
        (lambda m: setattr(m.tracks[1], "cells", 33), "too many"),
        (lambda m: setattr(m.tracks[1], "last", 1), "none of the person's"),
        (lambda m: setattr(m.tracks[2], "cells", 4), LISTS),
        (lambda m: m.cell_x.append(9), LISTS),
        (lambda m: m.cell_y.append(9), LISTS),
        (longer, LISTS),
        (lambda m: m.tracks.pop(), LISTS),
        (lambda m: swapped(m, 0, 1), SORTED),  # by y
        (lambda m: swapped(m, 3, 5), SORTED),  # by x
        (repeated, SORTED),
        (moved_count, SORTED),
    ],
)
def test_what_no_anonymizer_makes_is_refused(change, says):
    changed = copy.deepcopy(message())
    check_anonymous_tracks(changed, "lobby")
    change(changed)
    with pytest.raises(RefusedMessage, match=f"^lobby/anonymous_tracks: .*{says}"):
        check_anonymous_tracks(changed, "lobby")


def test_pixels_in_the_lists_of_cells_are_refused():
    """4,096 numbers are 64 x 64 pixels: 128 people with 32 each, in the order of a picture."""
    pixels = np.random.default_rng(1).integers(0, 256, 4096).tolist()
    people = [AnonymousTrack(id=i + 1, cells=32) for i in range(128)]
    picture = AnonymousTracks(camera="lobby", tracks=people, cell_x=pixels, cell_y=[0] * 4096)
    with pytest.raises(RefusedMessage, match=SORTED):
        check_anonymous_tracks(picture, "lobby")


def test_only_lines_that_the_camera_has_are_crossed():
    of_two = message()
    of_two.tracks[0].crossed = 0b1111
    check_anonymous_tracks(of_two, "lobby", lines=2)
    of_two.tracks[1].crossed = 0b10000
    with pytest.raises(RefusedMessage, match="a line crossed that is none"):
        check_anonymous_tracks(of_two, "lobby", lines=2)
    of_two.tracks[1].crossed = 2**32 - 1
    check_anonymous_tracks(of_two, "lobby", lines=16)
