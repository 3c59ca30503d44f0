# SPDX-License-Identifier: Apache-2.0
"""From settings to a detector: the one place where the families are told apart."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection import Detector
from privcv_perception.detection_settings import DetectorSettings


class PersonSize(Protocol):
    """What a detector needs of a calibration: how large a person looks where she stands."""

    def person_box(
        self, feet_px: NDArray[np.float32], height_m: float = 1.75
    ) -> NDArray[np.float32]:
        """Feet (n, 2) px to width and height (n, 2) px; NaN where nobody can stand."""


def build_detector(
    settings: DetectorSettings, calibration: PersonSize | None, image_size: tuple[int, int]
) -> Detector:
    """The detector that the settings describe, for frames of ``image_size`` (width, height), px.

    Raises ``ModelError`` where the model cannot be used.
    """
    from privcv_perception.model_description import describe_model
    from privcv_perception.model_registry import find_model, known_digests
    from privcv_perception.onnx_detector import OnnxDetector
    from privcv_perception.onnx_network import OnnxNetwork

    path = find_model(settings.model, settings.folder)
    model = describe_model(path, known_digests())
    network = OnnxNetwork(path, model, list(settings.providers), settings.threads)
    return OnnxDetector(network, model.input, settings.min_score, settings.nms_iou)
