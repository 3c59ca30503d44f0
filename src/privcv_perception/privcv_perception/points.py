# SPDX-License-Identifier: Apache-2.0
"""Points as a setting: flat, because a ROS parameter holds no list of lists."""

from typing import Annotated

from pydantic import BeforeValidator

from privcv_core.settings.pairs import flat_pairs

Points = Annotated[list[float], BeforeValidator(flat_pairs)]
"""Points as x1, y1, x2, y2, ...; a list of pairs is accepted too."""
