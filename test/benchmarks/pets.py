# SPDX-License-Identifier: Apache-2.0
"""The PETS 2009 S2.L1 clip for benchmarks: video, calibration, ground truth."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from tracking_scores import Frame

from privcv_core.settings.model import data_folder
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings

FOLDER = data_folder() / "data" / "pets2009_s2l1"
VIDEO = FOLDER / "video.avi"
IMAGE_SIZE = (768, 576)
FRAMES = 795
CALIBRATION = CalibrationSettings(kind="tsai", tsai_file=FOLDER / "camera_tsai.xml")
MODELS = data_folder() / "models"
DETECTOR = DetectorSettings(kind="onnx", model=str(MODELS / "yolox_nano.onnx"))
FASTER = DetectorSettings(kind="onnx", model=str(MODELS / "person_detection_0200.onnx"))


def ground_truth(path: Path = FOLDER / "ground_truth.xml") -> list[Frame]:
    """Ids and boxes (left, top, width, height, px) of everybody, a pair for each frame."""
    frames: dict[int, Frame] = {}
    for frame in ElementTree.parse(path).getroot().iter("frame"):
        people = list(frame.iter("object"))
        boxes = []
        for person in people:
            box = person.find("box")
            assert box is not None
            width, height, x, y = (float(box.get(key, "nan")) for key in ("w", "h", "xc", "yc"))
            boxes.append((x - width / 2, y - height / 2, width, height))
        ids = np.array([int(person.get("id", "-1")) for person in people])
        frames[int(frame.get("number", "-1"))] = ids, np.array(boxes).reshape(-1, 4)
    return [frames[index] for index in range(FRAMES)]
