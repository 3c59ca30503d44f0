# SPDX-License-Identifier: Apache-2.0
"""Points in settings: pairs as people write them, flat as ROS parameters hold them."""

from typing import Any


def flat_pairs(value: Any) -> Any:
    """``[[x, y], ...]`` as ``[x, y, ...]``; anything else as it is, for the model to refuse."""
    is_list = isinstance(value, (list, tuple)) and len(value) > 0
    if is_list and all(isinstance(point, (list, tuple)) for point in value):
        return [number for point in value for number in point]
    return value
