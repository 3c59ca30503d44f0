# SPDX-License-Identifier: Apache-2.0
"""Points as a setting: flat, because a ROS parameter holds no list of lists."""

from typing import Annotated, Any

from pydantic import BeforeValidator


def _flat(value: Any) -> Any:
    """Accept ``[[x, y], ...]`` as well as ``[x, y, ...]``."""
    if isinstance(value, (list, tuple)) and any(isinstance(p, (list, tuple)) for p in value):
        return [number for point in value for number in point]
    return value


Points = Annotated[list[float], BeforeValidator(_flat)]
"""Points as x1, y1, x2, y2, ...; a list of pairs is accepted too."""
