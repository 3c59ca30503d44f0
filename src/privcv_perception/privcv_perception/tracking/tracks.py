# SPDX-License-Identifier: Apache-2.0
"""What a tracker returns: people on the floor in one frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tracks:
    """Tracks: the people in one frame, an entry each.

    ``stamp_s``: event time of that frame, s; ``frame``: its index as given to the tracker.
    ``ids``: shape (n,), int64, counted from 0 and never used twice by one tracker.
    ``boxes``: shape (n, 4), float64: left, top, width, height, px; may reach outside the image.
    ``floor_m``: shape (n, 2), float64: the feet on the floor, m.
    ``velocity_mps``: shape (n, 2), float64, m/s.
    ``width_m``: shape (n,), float64: width across the image at the feet, m; 0 where not known.
    Without a calibration, floor units are pixels at a nominal 0.01 m each.
    """

    stamp_s: float
    frame: int
    ids: NDArray[np.int64]
    boxes: NDArray[np.float64]
    floor_m: NDArray[np.float64]
    velocity_mps: NDArray[np.float64]
    width_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)
