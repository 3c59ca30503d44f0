# SPDX-License-Identifier: Apache-2.0
"""The detector without a download finds people in a public clip, and nobody in bad frames."""

import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from privcv_core.settings.model import data_folder
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.detection.hog.detector import BuiltinDetector
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import FrameError
from privcv_perception.iou import iou

CLIP = data_folder() / "data" / "pets2009_s2l1"


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (7680, 4320)])
def test_no_person_is_invented_in_frames_of_any_size(size: tuple[int, int]) -> None:
    detector = BuiltinDetector(None, 0.1)
    rng = np.random.default_rng(1)
    for stamp_s in range(3):
        frame = np.zeros((size[1], size[0], 3), np.uint8)
        frame[: min(64, size[1]), : min(64, size[0])] = rng.integers(0, 255, dtype=np.uint8)
        assert len(detector.detect(frame, float(stamp_s))) == 0
        detector.wipe()
    detector.close()


def test_grey_and_deep_images_are_refused_in_words() -> None:
    detector = BuiltinDetector(None, 0.1)
    with pytest.raises(FrameError, match="uint16"):
        detector.detect(np.zeros((48, 64, 3), np.uint16), 0.0)  # type: ignore[arg-type]
    with pytest.raises(FrameError, match="no BGR image"):
        detector.detect(np.zeros((48, 64), np.uint8), 0.0)


def test_after_a_wipe_only_the_empty_scene_is_left_and_after_close_nothing() -> None:
    rng = np.random.default_rng(4)
    detector = BuiltinDetector(None, 0.1)
    for step in range(8):
        frame = np.full((288, 384, 3), 120, np.uint8)
        frame[100:200, 60 + 9 * step : 100 + 9 * step] = rng.integers(1, 60, (100, 40, 3))
        detector.detect(frame, step / 10)
    assert detector.statistics.inferred > 0
    detector.wipe()
    mean = detector._background._mean
    for buffer in (detector._scratch, detector._small, detector._unassigned):
        assert not buffer.array.any()
    assert mean.array.any()
    detector.close()
    assert not mean.array.any()


def test_an_unchanged_scene_costs_nothing_and_says_so() -> None:
    detector = BuiltinDetector(None, 0.1)
    frame = np.random.default_rng(2).integers(0, 255, (288, 384, 3), np.uint8)
    outcomes = [detector.detect(frame, i / 10).inferred for i in range(10)]
    assert not any(outcomes)
    assert detector.statistics.skipped == 10


def test_people_are_found_in_a_public_clip() -> None:
    """Frames 40 to 89 of PETS S2.L1, every box counts; the scene is learnt before."""
    if not CLIP.exists():
        pytest.skip(f"{CLIP} is not here: set PRIVCV_DATA")
    truth = _truth(CLIP / "ground_truth.xml")
    video = cv2.VideoCapture(str(CLIP / "video.avi"))
    tsai = CalibrationSettings(kind="tsai", tsai_file=CLIP / "camera_tsai.xml")
    calibration = build_calibration(tsai, (768, 576))
    detector = build_detector(DetectorSettings(), calibration, (768, 576))
    hits = found = wanted = 0
    for index in range(90):
        _, frame = video.read()
        people = detector.detect(np.asarray(frame, np.uint8), index / 10)
        detector.wipe()
        if index >= 40:
            sure = people.subset(people.scores >= 0.4)
            hits += _hits(sure, truth[index])
            found += len(sure)
            wanted += len(truth[index])
    assert 2 * hits / (found + wanted) > 0.85


def _hits(people: Detections, truth: np.ndarray) -> int:
    shared = iou(people.boxes, truth)
    return int((shared[linear_sum_assignment(shared < 0.5)] >= 0.5).sum())


def _truth(path: Path) -> list[np.ndarray]:
    frames = []
    for frame in ET.parse(path).getroot().iter("frame"):
        boxes = [[float(box.get(k, "nan")) for k in ("xc", "yc", "w", "h")]
                 for box in frame.iter("box")]  # fmt: skip
        centred = np.array(boxes, np.float32).reshape(-1, 4)
        frames.append(np.column_stack([centred[:, :2] - centred[:, 2:] / 2, centred[:, 2:]]))
    return frames
