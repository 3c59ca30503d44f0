# SPDX-License-Identifier: Apache-2.0
"""The scene without people, from a file: the median over time of frames far apart."""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.sources import SourceSettings

FRAMES = 41


def people_free_background(source: SourceSettings) -> NDArray[np.uint8] | None:
    """(height, width, 3) BGR, or ``None`` where the source is not a file that can be sought in.

    Whoever is somewhere less than half of the time is not in it.
    """
    if source.kind != "file":
        return None
    import cv2

    capture = cv2.VideoCapture(source.uri)
    try:
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        frames = []
        for index in np.linspace(0, count - 1, FRAMES).astype(int):
            capture.set(cv2.CAP_PROP_POS_FRAMES, int(index))
            found, frame = capture.read()
            if found:
                frames.append(frame)
    finally:
        capture.release()
    if len(frames) < 3:
        return None
    median: NDArray[np.uint8] = np.median(np.stack(frames), axis=0).astype(np.uint8)
    return median
