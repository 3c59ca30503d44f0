# SPDX-License-Identifier: Apache-2.0
"""Time per update of the tracker and of Roboflow `trackers` SORT, on the same boxes, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install trackers==2.6.1
    .venv/bin/python test/benchmarks/tracker_speed.py --peer /tmp/peers/bin/python

Boxes are those of YOLOX-nano on the PETS clip, the same for both: once all from a score of 0.1,
which privcv uses, and once those from 0.6, with which SORT is best. Each tracker runs in a process
of its own; rounds of one whole video alternate, so that both see the same load of the machine, and
are timed in CPU time of their thread.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Boxes = list[tuple["np.ndarray", "np.ndarray"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="a Python in which `trackers` is installed")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], load(Path(arguments.serve[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes.npz"
        everything = detect()
        for least in (0.1, 0.6):
            save([(box[score >= least], score[score >= least]) for box, score in everything], path)
            compare(path, arguments.peer, arguments.rounds, least)


def compare(path: Path, peer: str, rounds: int, least: float) -> None:
    """Alternate rounds; print both medians per update and the median of their ratios."""
    with Child(sys.executable, "privcv", path) as privcv, Child(peer, "sort", path) as sort:
        pairs = [(privcv.round(), sort.round()) for _ in range(rounds)]
    result = {
        "boxes_from": least,
        "privcv_ms": round(1e3 * statistics.median(a for a, _ in pairs), 3),
        "sort_ms": round(1e3 * statistics.median(b for _, b in pairs), 3),
        "ratio": round(statistics.median(a / b for a, b in pairs), 2),
        "rounds": rounds,
    }
    print(json.dumps(result), flush=True)


class Child:
    """A process that runs one of the trackers, a round each time it is asked."""

    def __init__(self, python: str, name: str, path: Path) -> None:
        self._process = subprocess.Popen(
            [python, __file__, "--serve", name, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.round()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def round(self) -> float:
        """CPU seconds per update of one round."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def serve(name: str, boxes: Boxes) -> None:
    """The child's side: a round for each line that comes in."""
    take = {"privcv": privcv_rounds, "sort": sort_rounds}[name](boxes)
    for _ in sys.stdin:
        print(take(), flush=True)


def privcv_rounds(boxes: Boxes) -> Callable[[], float]:
    """A function that takes one round."""
    from pets import CALIBRATION, IMAGE_SIZE

    from privcv_perception.calibration.build import build_calibration
    from privcv_perception.detection.detector import Detections
    from privcv_perception.tracking.settings import TrackerSettings
    from privcv_perception.tracking.tracker import FloorTracker

    frames = [Detections(box, score) for box, score in boxes]
    calibration = build_calibration(CALIBRATION, IMAGE_SIZE)

    def take() -> float:
        tracker = FloorTracker(TrackerSettings(), calibration, IMAGE_SIZE)
        start = time.thread_time()
        for index, frame in enumerate(frames):
            tracker.update(frame, index / 10)
        return (time.thread_time() - start) / len(frames)

    return take


def sort_rounds(boxes: Boxes) -> Callable[[], float]:
    """A function that takes one round."""
    import supervision
    from trackers import SORTTracker

    frames = []
    for box, score in boxes:
        corners = np.concatenate((box[:, :2], box[:, :2] + box[:, 2:]), axis=1)
        kind = np.zeros(len(corners), int)
        frames.append(supervision.Detections(xyxy=corners, confidence=score, class_id=kind))

    def take() -> float:
        tracker = SORTTracker(frame_rate=10)
        start = time.thread_time()
        for frame in frames:
            tracker.update(frame)
        return (time.thread_time() - start) / len(frames)

    return take


def detect() -> Boxes:
    """Boxes and scores of each frame of the clip."""
    import cv2
    from pets import CALIBRATION, DETECTOR, IMAGE_SIZE, VIDEO

    from privcv_perception.calibration.build import build_calibration
    from privcv_perception.detector_registry import build_detector

    each = DETECTOR.model_copy(update={"looks_per_s": 240.0, "crop_looks": False})
    detector = build_detector(each, build_calibration(CALIBRATION, IMAGE_SIZE), IMAGE_SIZE)
    capture = cv2.VideoCapture(str(VIDEO))
    boxes: list[Any] = []
    while True:
        read, frame = capture.read()
        if not read:
            return boxes
        found = detector.detect(frame, len(boxes) / 10)
        boxes.append((found.boxes.copy(), found.scores.copy()))


def save(boxes: Boxes, path: Path) -> None:
    """Write boxes as one flat table."""
    rows = np.concatenate([np.column_stack((box, score)) for box, score in boxes])
    np.savez(path, rows=rows, lengths=[len(score) for _, score in boxes])


def load(path: Path) -> Boxes:
    """Read what ``save`` wrote."""
    with np.load(path) as content:
        ends = np.cumsum(content["lengths"])[:-1]
        parts = np.split(content["rows"].astype(np.float32), ends)
    return [(part[:, :4], part[:, 4]) for part in parts]


if __name__ == "__main__":
    main()
