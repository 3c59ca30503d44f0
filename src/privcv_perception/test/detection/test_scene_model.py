# SPDX-License-Identifier: Apache-2.0
"""A thing that never moved is no person; a person who stands still stays one; calm is skipped."""

from noisy_room import PERIOD_S, SIGN, Room

from privcv_perception.detection.scene_model import LOOK_ANYWAY_S


def test_a_sign_is_dropped_and_a_walker_kept() -> None:
    room = Room()
    for step in range(100):
        person = [5 + step * 0.6, 40.0, 12.0, 40.0]
        confirmed = room.step(person, [SIGN, person])
        assert confirmed is not None
        assert confirmed[1]
        if step > 35:
            assert not confirmed[0]
    assert room.statistics.things > 60


def test_somebody_who_walked_up_and_stands_still_is_kept() -> None:
    room = Room(memory_s=10.0)  # a fifth of the time that somebody stands here
    for step in range(40):
        room.step([5 + step, 40.0, 12.0, 40.0], [[5 + step, 40.0, 12.0, 40.0]])
    for _ in range(500):
        assert room.step([45.0, 40.0, 12.0, 40.0], [[45.0, 40.0, 12.0, 40.0]]) == [True]


def test_somebody_who_was_here_from_the_start_is_kept_once_they_stir() -> None:
    room = Room()
    here = [60.0, 40.0, 12.0, 40.0]
    states = [room.step(here, [here]) for _ in range(60)]
    assert states[0] == [True]
    assert states[-1] is None, "nothing ever changed: the network need not even look"
    turned = [63.0, 40.0, 12.0, 40.0]
    for _ in range(10):
        room.step(turned, [here])
    assert [room.step(here, [here]) for _ in range(40)][-1] == [True]


def test_calm_is_skipped_but_looked_at_now_and_then_and_change_is_not() -> None:
    room = Room()
    outcomes = [room.step(None, []) for _ in range(200)]
    assert room.statistics.skipped > 180
    assert outcomes.count([]) >= 20 / (LOOK_ANYWAY_S + PERIOD_S) - 1
    assert room.statistics.frames == 200
    assert room.statistics.inferred + room.statistics.skipped == 200
    assert room.step([30.0, 40.0, 12.0, 40.0], []) == []
