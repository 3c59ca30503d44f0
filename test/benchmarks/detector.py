# SPDX-License-Identifier: Apache-2.0
"""Detectors alone on the PETS clip: F1 against all boxes at IoU 0.5, and CPU time per frame.

    .venv/bin/python test/benchmarks/detector.py

One thread. Every setting is a default; F1 is given at each detector's best score threshold, as
for the two baselines: OpenCV's HOG over whole frames (every 10th), and moving regions alone.
"""

import os
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pets import CALIBRATION, DETECTOR, FASTER, IMAGE_SIZE, VIDEO, ground_truth
from scipy.optimize import linear_sum_assignment

from privcv_perception.calibration.build import build_calibration
from privcv_perception.detection.background import Background
from privcv_perception.detection.detector import Detections
from privcv_perception.detection.settings import DetectorSettings, SceneSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.iou import iou

Look = Callable[[NDArray[np.uint8], float], Detections]


def main() -> None:
    cv2.setNumThreads(1)
    calibration = build_calibration(CALIBRATION, IMAGE_SIZE)
    each = {"looks_per_s": 240.0, "crop_looks": False}
    bare = {"scene": SceneSettings(enabled=False), **each}
    zoomed = DETECTOR.model_copy(update={"second_look": True, **each})
    print("| detector | F1 | precision | recall | at score | CPU ms, median | mean |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, detector in (
        ("built-in", build_detector(DetectorSettings(), calibration, IMAGE_SIZE)),
        ("built-in, no calibration", build_detector(DetectorSettings(), None, IMAGE_SIZE)),
        ("YOLOX-nano", build_detector(DETECTOR.model_copy(update=bare), None, IMAGE_SIZE)),
        ("person-detection-0200", build_detector(FASTER.model_copy(update=bare), None, IMAGE_SIZE)),
        ("YOLOX-nano, scene model, zoom crops", build_detector(zoomed, None, IMAGE_SIZE)),
    ):

        def look(frame: NDArray[np.uint8], stamp_s: float, detector: Any = detector) -> Detections:
            found: Detections = detector.detect(frame, stamp_s)
            detector.wipe()
            return found

        measure(name, look)
    measure("motion alone", _motion())
    measure("HOG over whole frames, 1.8x", _whole_frame_hog(), every=10)


def measure(name: str, look: Look, every: int = 1) -> None:
    """One row of the table."""
    truth, video = ground_truth(), cv2.VideoCapture(str(VIDEO))
    people, wanted, spent_s = [], [], []
    for index, (_, boxes) in enumerate(truth):
        _, image = video.read()
        if index % every:
            continue
        start = time.thread_time()
        found = look(np.asarray(image, np.uint8), index / 10)
        spent_s.append(time.thread_time() - start)
        people.append(found)
        wanted.append(boxes.astype(np.float32))
    best = max((*_f1(people, wanted, score), score) for score in np.arange(0.1, 0.9, 0.05))
    print(
        f"| {name} | {best[0]:.3f} | {best[1]:.3f} | {best[2]:.3f} | {best[3]:.2f} "
        f"| {np.median(spent_s) * 1e3:.1f} | {np.mean(spent_s) * 1e3:.1f} |",
        flush=True,
    )


def _f1(
    people: list[Detections], wanted: list[NDArray[np.float32]], score: float
) -> tuple[float, float, float]:
    hits = found = there = 0
    for detections, boxes in zip(people, wanted, strict=True):
        sure = detections.boxes[detections.scores >= score]
        shared = iou(sure, boxes)
        hits += int((shared[linear_sum_assignment(shared < 0.5)] >= 0.5).sum())
        found, there = found + len(sure), there + len(boxes)
    return 2 * hits / (found + there), hits / max(found, 1), hits / there


def _motion() -> Look:
    """The connected regions that stand out, as they are."""
    size = (384, 288)
    background, nobody = Background(size), np.zeros((288, 384), np.uint8)

    def look(frame: NDArray[np.uint8], stamp_s: float) -> Detections:
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        foreground = background.observe(np.asarray(small, np.uint8))
        _, _, regions, _ = cv2.connectedComponentsWithStats(foreground)
        background.learn(stamp_s, nobody)
        boxes = regions[1:, :4][regions[1:, 4] > 60].astype(np.float32) * 2
        return Detections.from_rows(boxes, np.ones(len(boxes)))

    return look


def _whole_frame_hog() -> Look:
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def look(frame: NDArray[np.uint8], stamp_s: float) -> Detections:
        large = cv2.resize(frame, None, fx=1.8, fy=1.8)
        found, margins = hog.detectMultiScale(large, hitThreshold=0.3, winStride=(8, 8), scale=1.05)
        boxes = np.asarray(found, np.float32).reshape(-1, 4) / 1.8
        # HOG's window has an eighth of context above and below, and is wider than a person.
        boxes += boxes[:, [2, 3, 2, 3]] * np.array([0.19, 0.11, -0.38, -0.2], np.float32)
        sure = 1 / (1 + np.exp(-np.asarray(margins, np.float32).reshape(-1)))
        return Detections.from_rows(boxes, sure)

    return look


if __name__ == "__main__":
    main()
