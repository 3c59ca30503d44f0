# SPDX-License-Identifier: Apache-2.0
"""What the detectors find in each scene, kept as files, so that a tracker runs again in seconds."""

import pickle
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector

OUT = Path(__file__).resolve().parents[2] / "out" / "scenes"

Image = NDArray[np.uint8]
Found = tuple[tuple[int, int], list[Detections], str]
"""(width, height) px of the frames; what was found in each; what the detector says of its sight."""


def found_in(
    name: str,
    frames: Callable[[], Iterable[Image]],
    fps: float,
    detector: DetectorSettings,
    calibration: CalibrationSettings,
) -> Found:
    """Boxes of every frame, from the file of an earlier run where there is one."""
    file = OUT / f"{name.replace(' ', '_').replace(',', '')}-{detector.kind}.pickle"
    if file.exists():
        kept: Found = pickle.loads(file.read_bytes())
        return kept
    people: list[Detections] = []
    size, finder = (0, 0), None
    for index, frame in enumerate(frames()):
        if finder is None:
            size = (frame.shape[1], frame.shape[0])
            finder = build_detector(detector, build_calibration(calibration, size), size)
        seen = finder.detect(frame, index / fps)
        people.append(replace(seen, boxes=seen.boxes.copy(), scores=seen.scores.copy()))
        finder.wipe()
    found = size, people, getattr(finder, "doubt", "")
    OUT.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(found))
    return found


def frames_of(video: Path) -> Iterable[Image]:
    """Every frame of a video file."""
    capture = cv2.VideoCapture(str(video))
    while (read := capture.read())[0]:
        yield np.asarray(read[1], np.uint8)
