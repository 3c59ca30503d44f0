# SPDX-License-Identifier: Apache-2.0
"""Accuracy of `privcv track` on the PETS clip against all 4650 boxes of its ground truth.

    .venv/bin/python test/benchmarks/perception_accuracy.py            (all detectors)
    .venv/bin/python test/benchmarks/perception_accuracy.py TRACKS.csv (a table made before)

Every setting is a default; the camera's calibration is the only thing known of the scene. Rows
marked "no calibration" know not even that.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from pets import CALIBRATION, DETECTOR, FASTER, FRAMES, VIDEO, ground_truth
from tracking_scores import Frame, Scores, score

from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.camera.offline import perceive
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.tracking.tracks import Tracks


def main() -> None:
    print("| | MOTA | IDF1 | HOTA | count error | unique ids per 5 s | misses | false | switches |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    truth = ground_truth()
    for path in sys.argv[1:]:
        show(path, score(truth, read(Path(path))))
    if len(sys.argv) > 1:
        return
    builtin = DetectorSettings(kind="builtin")
    for name, detector, calibration in (
        ("YOLOX-nano", DETECTOR, CALIBRATION),
        ("YOLOX-nano, no calibration", DETECTOR, CalibrationSettings()),
        ("person-detection-0200", FASTER, CALIBRATION),
        ("person-detection-0200, no calibration", FASTER, CalibrationSettings()),
        ("built-in", builtin, CALIBRATION),
        ("built-in, no calibration", builtin, CalibrationSettings()),
    ):
        show(name, score(truth, run(CameraSettings(detector=detector, calibration=calibration))))


def run(camera: CameraSettings) -> list[Frame]:
    """Ids and boxes of each frame of the clip."""
    found: list[Tracks] = []
    perceive(VIDEO, camera, found.append)
    return [(tracks.ids, tracks.boxes) for tracks in found]


def read(path: Path) -> list[Frame]:
    """The same from a table of `privcv track`."""
    rows: list[list[tuple[int, list[float]]]] = [[] for _ in range(FRAMES)]
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            box = [float(row[key]) for key in ("x", "y", "w", "h")]
            rows[int(row["frame"])].append((int(row["id"]), box))
    return [
        (
            np.array([number for number, _ in frame], dtype=np.int64),
            np.array([box for _, box in frame], dtype=np.float64).reshape(-1, 4),
        )
        for frame in rows
    ]


def show(name: str, scores: Scores) -> None:
    """One row of the table."""
    print(
        f"| {name} | {scores.mota:.3f} | {scores.idf1:.3f} | {scores.hota:.3f} "
        f"| {scores.count_error:.2f} | {scores.unique_error:.2f} | {scores.misses} "
        f"| {scores.false_positives} | {scores.switches} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
