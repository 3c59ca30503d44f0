# SPDX-License-Identifier: Apache-2.0
"""A picture of the scene with nobody in it: the median of frames spread over a video."""

import logging
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from privcv_perception.errors import BadFrameError, SourceError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.frames.dropped import Dropped, in_words
from privcv_perception.sources import Source, open_source
from privcv_perception.sources.settings import SourceSettings

_log = logging.getLogger(__name__)

SAMPLES = 41
"""Enough that who passes a place is there in less than half of them."""


def empty_scene(video: Path) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 BGR: each pixel's median over frames spread evenly over ``video``.

    People who stand at one place for more than half of the time stay in the picture. Raises
    ``SourceError`` where the video cannot be read or holds no frame.
    """
    settings = SourceSettings(kind="file", uri=str(video.absolute()))
    source = open_source(settings)
    source.open()
    kept: list[NDArray[np.uint8]] = []
    every, index = 1, 0
    dropped: Counter[Dropped] = Counter()
    frame = FrameBuffer(*source.size)
    try:
        while _next(source, frame, dropped):
            if index % every == 0:
                kept.append(frame.pixels.copy())
                if len(kept) == 2 * SAMPLES:
                    # The length is not known before the end: halve, and take half as many.
                    kept, every = kept[::2], 2 * every
            index += 1
        if not kept:
            raise SourceError(f"{video}: holds no frame that can be read")
        if dropped:
            _log.warning("%s: %s", video, in_words(dropped))
        # In bands of rows: the median of whole frames would need several times their memory.
        bands = [
            np.median(np.stack([image[top : top + 64] for image in kept]), axis=0)
            for top in range(0, len(kept[0]), 64)
        ]
        return np.concatenate(bands).astype(np.uint8)
    finally:
        for image in kept:
            image.fill(0)
        frame.wipe()
        source.close()


def _next(source: Source, frame: FrameBuffer, dropped: Counter[Dropped]) -> bool:
    """Read the next frame that can be, and count those that cannot; False at the end."""
    while True:
        try:
            return source.read(frame) is not None
        except BadFrameError as error:
            dropped[error.kind or Dropped.UNDECODABLE] += 1
