# SPDX-License-Identifier: Apache-2.0
"""Face detector: a close look at enlarged tiles for small faces, a plain one, and one from afar.

A face of 16 px is found 7 times of 10 at its own size, and 49 times of 50 at two and a half times
its size.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from privcv_images.hiding.model_bytes import ModelSettings
from privcv_images.hiding.tiles import tiles_of
from privcv_images.hiding.yunet import INPUT_PX, Faces, YuNet, one_of_each
from privcv_perception.detection.detector import Detections, Frame, frame_size

CLOSE = 2.5
OVERLAPS_PX = {CLOSE: 48, 1.0: 160}
"""Of tiles, by how much larger they are shown: faces up to the overlap are whole in one of them;
larger ones are found in the next look, and what is too large for that from afar."""
THREADS = 2
"""The network is small: two tiles at a time are faster than two threads in each of its layers."""


Look = tuple[tuple[int, int, int, int], float]
"""A part of the frame (left, top, right, bottom), and how much larger it is shown."""


class FaceDetector:
    """Face detector of the model that ``settings`` name. Raises ``ModelError``."""

    def __init__(self, settings: ModelSettings) -> None:
        self._networks = [YuNet(settings) for _ in range(THREADS)]

    def detect(self, frame: Frame, *, small: bool = True) -> Detections:
        """Boxes (n, 4) and scores of the faces in ``frame``.

        ``small``: whether those are looked for that only a close look finds, which takes four
        times as long as the others.
        """
        looks = looks_at(frame_size(frame), small=small)

        def faces(thread: int) -> list[Faces]:
            network = self._networks[thread]
            return [_faces(network, frame, *look) for look in looks[thread::THREADS]]

        with ThreadPoolExecutor(THREADS) as threads:
            found = list(itertools.chain.from_iterable(threads.map(faces, range(THREADS))))
        boxes = np.concatenate([box for box, _ in found])
        scores = np.concatenate([score for _, score in found])
        return Detections.from_rows(*one_of_each(boxes, scores))

    def wipe(self) -> None:
        """Overwrite what it holds of the last frame."""
        for network in self._networks:
            network.wipe()


def looks_at(size: tuple[int, int], *, small: bool) -> list[Look]:
    """The parts of a frame of ``size`` (width, height) that are looked at."""
    scales = (CLOSE, 1.0) if small else (1.0,)
    looks = [
        (tile, scale)
        for scale in scales
        for tile in tiles_of(size, round(INPUT_PX / scale), OVERLAPS_PX[scale])
    ]
    if max(size) > INPUT_PX:
        looks.append(((0, 0, *size), INPUT_PX / max(size)))
    return looks


def _faces(network: YuNet, frame: Frame, tile: tuple[int, int, int, int], scale: float) -> Faces:
    left, top, right, bottom = tile
    width, height = (
        max(1, min(round(side * scale), INPUT_PX)) for side in (right - left, bottom - top)
    )
    boxes, scores = network.faces(frame[top:bottom, left:right], (width, height))
    return boxes + np.array([left, top, 0, 0], np.float32), scores
