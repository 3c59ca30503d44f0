# SPDX-License-Identifier: Apache-2.0
"""A thing that never moved is no person; a person who stands still stays one; calm is skipped."""

import numpy as np

from privcv_perception.detection.background import Background
from privcv_perception.detection.hog.height_prior import LearntHeight
from privcv_perception.detection.scene_model import LOOK_ANYWAY_S, SceneModel, SceneStatistics

SIZE = (144, 108)
SIGN = [100.0, 20.0, 10.0, 25.0]
PERIOD_S = 0.1


class Room:
    """A noisy room with a sign, in which a dark figure stands where it is told."""

    def __init__(self, memory_s: float = 30.0) -> None:
        self.rng = np.random.default_rng(3)
        self.empty = self.rng.integers(90, 160, (SIZE[1], SIZE[0], 3)).astype(np.float32)
        self.statistics = SceneStatistics()
        self.scene = SceneModel(SIZE, memory_s, True, self.statistics)
        self.now_s = 1_700_000_000.0

    def frame(self, person: list[float] | None, light: float = 1.0) -> np.ndarray:
        image = self.empty * light + self.rng.normal(0, 1.5, self.empty.shape)
        if person is not None:
            x, y, w, h = (round(v) for v in person)
            image[y : y + h, x : x + w] = 25
        return np.clip(image, 0, 255).astype(np.uint8)

    def step(
        self, person: list[float] | None, boxes: list[list[float]], light: float = 1.0
    ) -> list[bool] | None:
        """Which boxes are confirmed; None where the frame was skipped."""
        self.now_s += PERIOD_S
        if self.scene.unchanged(self.frame(person, light), self.now_s):
            return None
        found = np.array(boxes, np.float32).reshape(-1, 4)
        kept = self.scene.confirm(found, np.full(len(found), 0.8, np.float32), self.now_s)
        self.scene.wipe()
        return kept.tolist()


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


def test_nothing_of_the_last_frame_is_left_after_a_wipe_and_nothing_at_all_after_forget() -> None:
    background = Background(SIZE)
    rng = np.random.default_rng(1)
    background.observe(rng.integers(1, 255, (SIZE[1], SIZE[0], 3), np.uint8))
    background.learn(0.0, np.zeros((SIZE[1], SIZE[0]), np.uint8))
    background.wipe()
    for buffer in (background._now, background._work, *background._planes, *background._masks):
        assert not buffer.array.any()
    assert background._mean.array.any()
    background.forget()
    assert not background._mean.array.any()


def observe(background: Background, image: np.ndarray, now_s: float) -> np.ndarray:
    found = background.observe(image).copy()
    background.learn(now_s, np.zeros_like(found))
    return found


def test_shadows_and_a_change_of_exposure_are_not_foreground() -> None:
    room = Room()
    background = Background(SIZE)
    for step in range(40):
        observe(background, room.frame(None), step * PERIOD_S)
    shaded = room.frame(None).astype(np.float32)
    shaded[40:80, 30:60] *= 0.7
    assert observe(background, shaded.astype(np.uint8), 4.0).mean() < 1
    assert observe(background, room.frame(None, light=1.15), 4.1).mean() < 1
    figure = observe(background, room.frame([40.0, 40.0, 12.0, 40.0]), 4.2)
    assert (figure[42:78, 42:50] == 255).mean() > 0.95


def test_the_ghost_of_somebody_who_was_here_first_vanishes_at_once() -> None:
    room = Room()
    room.empty[:] = 120
    background = Background(SIZE)
    for step in range(30):
        observe(background, room.frame([40.0, 40.0, 12.0, 40.0]), step * PERIOD_S)
    ghost = [observe(background, room.frame(None), 3 + i * PERIOD_S).any() for i in range(8)]
    assert ghost[0]
    assert not ghost[-1]


def test_the_size_of_people_is_learnt_as_a_line_over_the_rows() -> None:
    rng = np.random.default_rng(5)
    learnt = LearntHeight(576)
    assert np.isnan(learnt.at(np.array([[0, 300]], np.float32))).all()
    rows = rng.uniform(200, 550, 200).astype(np.float32)
    heights = (0.4 * (rows - 80) * rng.normal(1, 0.05, 200)).astype(np.float32)
    learnt.add(rows, heights)
    assert learnt.known
    at = learnt.at(np.array([[10, 200], [700, 400], [300, 550]], np.float32))
    np.testing.assert_allclose(at, [48, 128, 188], rtol=0.05)
