# SPDX-License-Identifier: Apache-2.0
"""Shadows, exposure and ghosts are no foreground, people are; a wipe leaves no image."""

import numpy as np
from noisy_room import PERIOD_S, SIZE, Room

from privcv_perception.detection.background import Background


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


def test_a_patch_of_sun_is_the_scene_in_another_light_and_a_person_is_not() -> None:
    """Light multiplies what is there; hair, skin and clothes do not."""
    random = np.random.default_rng(4)
    scene = random.integers(60, 140, (72, 96, 3)).astype(np.uint8)
    background = Background((96, 72))
    for index in range(40):
        observe(background, scene, index / 10)
    rows, columns = slice(20, 60), slice(30, 46)
    lit, somebody = scene.copy(), scene.copy()
    lit[rows, columns] = (1.5 * scene[rows, columns]).astype(np.uint8)
    for part, colour in zip(
        (slice(20, 26), slice(26, 42), slice(42, 60)),
        ((30, 40, 60), (235, 230, 225), (70, 40, 35)),
        strict=True,
    ):
        somebody[part, columns] = colour
    background.observe(lit)
    assert background.relit(rows, columns) > 0.9
    background.observe(somebody)
    assert background.relit(rows, columns) < 0.5
    background.observe(scene)
    assert background.relit(rows, columns) == 0.0
