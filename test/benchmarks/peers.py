# SPDX-License-Identifier: Apache-2.0
"""Our tracker beside SORT and ByteTrack of Roboflow `trackers`, on each detector: one table.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install trackers==2.6.1
    .venv/bin/python test/benchmarks/peers.py --peer /tmp/peers/bin/python

The PETS clip and its ground truth. All trackers get the same boxes of every frame; the peers those
from the score with which they do best of 0.3, 0.4, 0.5 and 0.6, as they are told to be used. The
first rows are the pipeline as shipped, which looks at half of the frames only.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = list[tuple[NDArray[np.float32], NDArray[np.float32]]]
Found = list[tuple[NDArray[np.int64], NDArray[np.float64]]]
PEERS = ("SORTTracker", "ByteTrackTracker")
LEAST = (0.3, 0.4, 0.5, 0.6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="a Python in which `trackers` is installed")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(*arguments.serve)
        return
    from perception_accuracy import run, show
    from pets import CALIBRATION, DETECTOR, FASTER, ground_truth
    from tracking_scores import score

    from privcv_perception.camera.settings import CameraSettings
    from privcv_perception.detection.settings import DetectorSettings

    print("| | MOTA | IDF1 | HOTA | count error | unique ids per 5 s | misses | false | switches |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    truth = ground_truth()
    networks = {"YOLOX-nano": DETECTOR, "person-detection-0200": FASTER}
    for name, detector in networks.items():
        shipped = CameraSettings(detector=detector, calibration=CALIBRATION)
        show(f"{name}, privcv as shipped", score(truth, run(shipped)))
    each = {"looks_per_s": 240.0, "crop_looks": False}
    detectors = {name: one.model_copy(update=each) for name, one in networks.items()}
    for name, detector in {**detectors, "built-in": DetectorSettings(kind="builtin")}.items():
        boxes = detect(detector)
        show(f"{name}, privcv", score(truth, tracked(boxes)))
        for peer in PEERS if arguments.peer else ():
            with tempfile.TemporaryDirectory() as folder:
                found = [score(truth, peer_tracks(arguments.peer, peer, boxes, least, folder))
                         for least in LEAST]  # fmt: skip
            best = max(range(len(LEAST)), key=lambda i: found[i].idf1)
            show(f"{name}, {peer} from {LEAST[best]}", found[best])


def detect(detector: Any) -> Boxes:
    """Boxes and scores of every frame of the clip."""
    import cv2
    from pets import CALIBRATION, IMAGE_SIZE, VIDEO

    from privcv_perception.calibration.build import build_calibration
    from privcv_perception.detector_registry import build_detector

    made = build_detector(detector, build_calibration(CALIBRATION, IMAGE_SIZE), IMAGE_SIZE)
    video = cv2.VideoCapture(str(VIDEO))
    boxes: Boxes = []
    while (read := video.read())[0]:
        found = made.detect(np.asarray(read[1], np.uint8), len(boxes) / 10)
        boxes.append((found.boxes.copy(), found.scores.copy()))
        made.wipe()
    return boxes


def tracked(boxes: Boxes) -> Found:
    """Ids and boxes of each frame by our tracker."""
    from pets import CALIBRATION, IMAGE_SIZE

    from privcv_perception.calibration.build import build_calibration
    from privcv_perception.detection.detector import Detections
    from privcv_perception.tracking.settings import TrackerSettings
    from privcv_perception.tracking.tracker import FloorTracker

    calibration = build_calibration(CALIBRATION, IMAGE_SIZE)
    tracker = FloorTracker(TrackerSettings(), calibration, IMAGE_SIZE)
    final = [tracks for index, (box, score) in enumerate(boxes)
             for tracks in tracker.update(Detections(box, score), index / 10, index)]  # fmt: skip
    return [(tracks.ids, tracks.boxes) for tracks in (*final, *tracker.flush())]


def peer_tracks(python: str, peer: str, boxes: Boxes, least: float, folder: str) -> Found:
    """The same by a peer, in its own Python."""
    given, told = Path(folder) / "boxes.npz", Path(folder) / "tracks.npz"
    rows = [np.column_stack((box, score))[score >= least] for box, score in boxes]
    np.savez(given, rows=np.concatenate(rows), lengths=[len(row) for row in rows])
    subprocess.run([python, __file__, "--serve", peer, str(given), str(told)], check=True)
    with np.load(told) as content:
        parts = np.split(content["rows"], np.cumsum(content["lengths"])[:-1])
    return [(part[:, 0].astype(np.int64), part[:, 1:]) for part in parts]


def serve(peer: str, given: str, told: str) -> None:
    """The peer's side: boxes to tracks."""
    import supervision
    import trackers

    tracker = getattr(trackers, peer)(frame_rate=10)
    with np.load(given) as content:
        parts = np.split(content["rows"].astype(np.float32), np.cumsum(content["lengths"])[:-1])
    rows = []
    for part in parts:
        corners = np.concatenate((part[:, :2], part[:, :2] + part[:, 2:4]), axis=1)
        found = tracker.update(supervision.Detections(
            xyxy=corners, confidence=part[:, 4], class_id=np.zeros(len(part), int)))  # fmt: skip
        numbers = np.zeros(0) if found.tracker_id is None else found.tracker_id
        edges = found.xyxy[numbers >= 0]
        box = np.concatenate((edges[:, :2], edges[:, 2:] - edges[:, :2]), axis=1)
        rows.append(np.column_stack((numbers[numbers >= 0], box)))
    np.savez(told, rows=np.concatenate(rows), lengths=[len(row) for row in rows])


if __name__ == "__main__":
    main()
