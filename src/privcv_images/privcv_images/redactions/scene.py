# SPDX-License-Identifier: Apache-2.0
"""The empty scene of a camera that stands still, and where it was never seen empty."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import Frame


@dataclass(frozen=True)
class Scene:
    """A picture without people: ``plate`` (h, w, 3) uint8 BGR.

    ``unseen``: (h, w) bool, where nobody knows what is behind people; it is filled in from around.
    """

    plate: Frame
    unseen: NDArray[np.bool_]
