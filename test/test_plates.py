# SPDX-License-Identifier: Apache-2.0
"""Drawn plates, small ones too, are hidden to all four corners."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from privcv_images.hiding.model_bytes import PlateSettings
from privcv_images.hiding.plates import PlateDetector

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from plates import MODEL, STYLES, covered, draw_plate

HEIGHTS_PX = (12, 18, 24)


@pytest.mark.skipif(not MODEL.exists(), reason="needs the models of PRIVCV_DATA")
def test_all_but_one_of_fifteen_plates_are_hidden_to_all_corners() -> None:
    rng = np.random.default_rng(17)
    detector = PlateDetector(PlateSettings(model=MODEL))
    hidden = 0
    for height, style in itertools.product(HEIGHTS_PX, range(len(STYLES))):
        frame = np.full((360, 480, 3), (120, 130, 125), np.uint8)
        corners = draw_plate(frame, height, style, rng)
        hidden += any(covered(box, corners) for box in detector.detect(frame).boxes.tolist())
    assert hidden >= len(HEIGHTS_PX) * len(STYLES) - 1
