# SPDX-License-Identifier: Apache-2.0
"""The network family: letterbox, inference, decode, suppression, in buffers made once."""

from privcv_perception.detection import Detections, Frame
from privcv_perception.letterbox import Letterbox
from privcv_perception.model_description import InputDescription
from privcv_perception.onnx_network import OnnxNetwork
from privcv_perception.suppression import suppress


class OnnxDetector:
    """A ``Detector`` around one ONNX model."""

    def __init__(
        self, network: OnnxNetwork, image: InputDescription, min_score: float, nms_iou: float
    ) -> None:
        self._network = network
        self._letterbox = Letterbox(image)
        self._min_score = min_score
        self._nms_iou = nms_iou

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """People in ``frame``; see ``Detector.detect``."""
        fitted = self._letterbox.fit((frame.shape[1], frame.shape[0]))
        blob = self._letterbox.draw(frame, [fitted])
        boxes, scores, broken = self._network.people(blob, self._min_score)
        kept = suppress(boxes, scores, self._nms_iou)
        return Detections(fitted.to_frame(boxes[kept]), scores[kept], dropped=broken)

    def wipe(self) -> None:
        """Overwrite canvas, blob and outputs with zeros."""
        self._letterbox.wipe()
        self._network.wipe()

    def close(self) -> None:
        """Same as ``wipe``: nothing is remembered between frames."""
        self.wipe()
