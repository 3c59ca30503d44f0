# SPDX-License-Identifier: Apache-2.0
"""OpenCV's HOG person detector (Dalal and Triggs 2005) as a detector of privcv."""

import cv2
import numpy as np
from pydantic import Field

from privcv_core.settings.model import Settings
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.detection.detector import Detections, Frame
from privcv_perception.extensions import DetectorExtension, Size


class HogSettings(Settings):
    """What stands under ``options`` in the site file."""

    min_weight: float = Field(0.2, ge=0, le=5, description="least distance from the SVM's plane")
    scale: float = Field(1.05, gt=1, le=2, description="step between two sizes that are looked at")


class OpenCvHog:
    """Finds people who stand upright and are at least 128 px tall."""

    def __init__(self, settings: HogSettings) -> None:
        self._settings = settings
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """People in ``frame``: boxes in px, scores from the SVM's weights, 0..1."""
        boxes, weights = self._hog.detectMultiScale(
            frame, hitThreshold=self._settings.min_weight, scale=self._settings.scale
        )
        scores = 1 - np.exp(-np.asarray(weights, np.float32).reshape(-1))
        return Detections.from_rows(np.asarray(boxes, np.float32).reshape(-1, 4), scores)

    def wipe(self) -> None:
        """OpenCV keeps no image between two calls, and no buffer that could be reached."""

    def close(self) -> None:
        """Nothing is held."""


def build(settings: HogSettings, calibration: Calibration | None, size: Size) -> OpenCvHog:
    """Called by privcv once it knows the size of the frames."""
    return OpenCvHog(settings)


DETECTOR = DetectorExtension(HogSettings, build)
