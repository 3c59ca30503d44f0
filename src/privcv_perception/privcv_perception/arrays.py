# SPDX-License-Identifier: Apache-2.0
"""Arrays of double precision, and constants for arithmetic with them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def constant(value: float) -> Floats:
    """A number for arithmetic with small arrays: numpy takes twice as long over a Python one."""
    return np.array(value, np.float64)
