# SPDX-License-Identifier: Apache-2.0
"""The pictogram of the sign: a camera on its arm that looks down, in one colour.

EDPB Guidelines 3/2019, paragraph 112: the information may be given together with an icon.
"""

from typing import Any

COLOUR = "#1a4a7a"
# Corners in a box of 0 to 1, y upwards.
_BODY = ((0.16, 0.62), (0.70, 0.90), (0.84, 0.62), (0.30, 0.34))
_HOOD = ((0.10, 0.66), (0.72, 0.98), (0.76, 0.90), (0.14, 0.58))
_LENS = ((0.12, 0.56), (0.22, 0.34), (0.16, 0.30), (0.05, 0.52))
_ARM = ((0.60, 0.46), (0.68, 0.50), (0.76, 0.30), (0.94, 0.30), (0.94, 0.22), (0.70, 0.22))
_PLATE = ((0.92, 0.12), (0.98, 0.12), (0.98, 0.40), (0.92, 0.40))


def draw_camera(axes: Any) -> None:
    """Draw it on ``axes``, which it takes for itself."""
    from matplotlib.patches import Polygon

    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for corners in (_BODY, _HOOD, _LENS, _ARM, _PLATE):
        axes.add_patch(Polygon(corners, closed=True, facecolor=COLOUR, edgecolor="white", lw=1))
