# SPDX-License-Identifier: Apache-2.0
"""Pictures of a noisy room with a sign and a figure, for tests of background and scene model."""

import numpy as np

from privcv_perception.detection.scene_model import SceneModel, SceneStatistics

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
        return [bool(value) for value in kept]
