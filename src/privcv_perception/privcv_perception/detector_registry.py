# SPDX-License-Identifier: Apache-2.0
"""Detector registry: from settings to a detector, the one place that knows the families."""

import numpy as np

from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.person_size import ADULT_M
from privcv_perception.detection.detector import Detector, HeightPrior
from privcv_perception.detection.settings import DetectorSettings


def build_detector(
    settings: DetectorSettings, calibration: Calibration | None, image_size: tuple[int, int]
) -> Detector:
    """The detector that the settings describe, for frames of ``image_size`` (width, height), px.

    Raises ``ModelError`` where the model cannot be used.
    """
    if settings.kind == "builtin":
        from privcv_perception.detection.hog.detector import BuiltinDetector

        return BuiltinDetector(_heights(calibration, image_size), settings.min_score)
    from privcv_perception.detection.onnx.detector import OnnxDetector
    from privcv_perception.detection.onnx.model_description import describe_model
    from privcv_perception.detection.onnx.model_registry import (
        find_model,
        known_digests,
        pinned_by_name,
    )
    from privcv_perception.detection.onnx.network import OnnxNetwork

    path = find_model(settings.model, settings.folder)
    model = describe_model(path, known_digests(), pinned_by_name(settings.model))
    network = OnnxNetwork(path, model, list(settings.providers), settings.threads)
    return OnnxDetector(network, model.input, settings)


def _heights(calibration: Calibration | None, image_size: tuple[int, int]) -> HeightPrior | None:
    """Height of a person by place, px, where the calibration knows it."""
    if calibration is None:
        return None
    x, y = np.meshgrid(np.linspace(0, image_size[0], 9), np.linspace(0, image_size[1], 9))
    if not np.isfinite(calibration.person_box(np.column_stack([x.ravel(), y.ravel()]))).any():
        return None
    return lambda feet: calibration.person_box(feet, ADULT_M)[:, 1].astype(np.float32)
