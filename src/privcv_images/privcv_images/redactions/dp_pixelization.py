# SPDX-License-Identifier: Apache-2.0
"""Differentially private pixelization: the noisy mean colours of a body's cell grid. Strong.

Fan, Image Pixelization with Differential Privacy, DBSec 2018, publishes cell means with Laplace
noise of 255 m / (b² epsilon) for cells of b x b px: two images that differ in at most m pixels of
a cell are epsilon-indistinguishable there. 16 pixels are not a person, and fresh noise in every
frame averages out. So here

- m is *all* pixels of *all* cells of a region: neighbours are two images that show anybody else, or
  nobody, there. The means of c cells in 3 colours are whole numbers of 0..255, so their L1
  sensitivity is 255 · 3 · c, and ``epsilon`` is what the whole body pays, not one cell;
- colours are read and drawn **once for each track** and shown as long as it goes on, which is free
  post-processing: more frames tell no more, and there is no place at which noise averages out. A
  person who is followed as several tracks pays for each.

With ``per="frame"`` means are read and drawn anew in each frame, and each costs ``epsilon``. Where
somebody is, how large and when is not protected by this, as with any redaction of a region.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.redactions.redaction import NO_TRACK, Cost, Region, Strength
from privcv_perception.detection.detector import Frame
from privcv_privacy.noise.mechanisms import Noise, exact_noise

Colours = NDArray[np.uint8]
"""(rows, columns, 3) BGR of the cells of one region."""

MOST_DRAWN = 4096
"""Of so many tracks the colours are kept, those seen last: a live stream has no end."""

CHANNELS = 3
BRIGHTEST = 255


class DpPixelization:
    """DP pixelization with ``columns`` x ``rows`` cells over each region.

    A region of no track is black where noise is drawn ``per="track"``: it costs nothing.
    """

    strength: Strength = "strong"

    def __init__(
        self, epsilon: float, columns: int, rows: int, per: Literal["track", "frame"] = "track"
    ) -> None:
        self.cost = Cost(epsilon, per)
        self._grid = (columns, rows)
        self._noise: Noise = exact_noise(epsilon, 0.0, BRIGHTEST * CHANNELS * columns * rows)
        self._drawn: OrderedDict[int, Colours] = OrderedDict()

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Fill each region with its cells' colours."""
        # All are read before any is written: regions overlap.
        colours = [self._colours(frame, region) for region in regions]
        for region, cells in zip(regions, colours, strict=True):
            view = region.of(frame)
            view[:] = cv2.resize(
                cells, (region.width, region.height), interpolation=cv2.INTER_NEAREST
            )

    def _colours(self, frame: Frame, region: Region) -> Colours:
        if self.cost.per == "track":
            if region.track == NO_TRACK:
                return np.zeros((1, 1, CHANNELS), np.uint8)
            if region.track in self._drawn:
                self._drawn.move_to_end(region.track)
                return self._drawn[region.track]
        means = cv2.resize(region.of(frame), self._grid, interpolation=cv2.INTER_AREA)
        noisy = self._noise.release(means.reshape(-1).astype(np.int64))
        cells = np.clip(noisy, 0, BRIGHTEST).astype(np.uint8).reshape(means.shape)
        if self.cost.per == "track":
            self._drawn[region.track] = cells
            if len(self._drawn) > MOST_DRAWN:
                self._drawn.popitem(last=False)
        return cells
