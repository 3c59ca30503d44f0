# SPDX-License-Identifier: Apache-2.0
"""Screen detector: televisions, laptops and telephones, by the person detector's own network.

YOLOX knows the 80 classes of COCO; a person detector is cut down to one of them, and so is each of
these.
"""

import numpy as np

from privcv_images.hiding.each_frame import EachFrame, each_frame
from privcv_perception.detection.detector import Detections, Frame
from privcv_perception.detection.onnx.detector import OnnxDetector
from privcv_perception.detection.onnx.model_description import describe_model
from privcv_perception.detection.onnx.model_file import read_model
from privcv_perception.detection.onnx.model_registry import (
    find_model,
    known_digests,
    pinned_by_name,
)
from privcv_perception.detection.onnx.network import OnnxNetwork
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.errors import ModelError

SCREENS = {"tv": 62, "laptop": 63, "cell phone": 67}
"""Classes of COCO and their index among its 80."""
LEAST_SCORE = 0.15
GROWN = 0.1


class ScreenDetector:
    """Screen detector of the same model as ``people``, which must be one of the registry's YOLOX.

    Raises ``ModelError``.
    """

    def __init__(self, people: DetectorSettings) -> None:
        if people.kind != "onnx":
            raise ModelError(
                f"screens: need a YOLOX as detector of people, not kind '{people.kind}': it is "
                "asked for its screens"
            )
        file = read_model(find_model(people.model, people.folder))
        model = describe_model(
            file, known_digests(), pinned_by_name(people.model), sha256=people.sha256,
            description_sha256=people.description_sha256,
        )  # fmt: skip
        if model.decode != "yolox_grid":
            raise ModelError(f"screens: {file.path} is no YOLOX, whose classes are known here")
        settings = each_frame(people).model_copy(
            update={"min_score": LEAST_SCORE, "second_look": False}
        )
        self._detectors = []
        for index in SCREENS.values():
            of_class = model.model_copy(update={"person_class": index})
            network = OnnxNetwork(file, of_class, list(people.providers), people.threads)
            self._detectors.append(EachFrame(OnnxDetector(network, of_class.input, settings)))

    def detect(self, frame: Frame) -> Detections:
        """Boxes (n, 4), a little grown, and scores of the screens in ``frame``."""
        found = [detector.detect(frame) for detector in self._detectors]
        for detector in self._detectors:
            detector.wipe()
        boxes = np.concatenate([one.boxes for one in found])
        boxes[:, :2] -= boxes[:, 2:] * (GROWN / 2)
        boxes[:, 2:] *= 1 + GROWN
        return Detections.from_rows(boxes, np.concatenate([one.scores for one in found]))
