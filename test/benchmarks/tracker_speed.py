# SPDX-License-Identifier: Apache-2.0
"""Time per update of the tracker and of Roboflow `trackers` SORT, on the same boxes, in turns.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install trackers==2.6.1
    .venv/bin/python test/benchmarks/tracker_speed.py --peer /tmp/peers/bin/python

Boxes are those of YOLOX-nano on the PETS clip: all from 0.1 for privcv, which uses the unsure ones
too, and all from 0.6 for SORT, which does best with these. Rounds alternate between the two, so
that both see the same load of the machine; each round is one whole video, timed in CPU time.
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

import numpy as np

Boxes = list[tuple["np.ndarray", "np.ndarray"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="a Python in which `trackers` is installed")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(load(Path(arguments.serve)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes.npz"
        save(detect(), path)
        compare(path, arguments.peer, arguments.rounds)


def compare(path: Path, peer: str, rounds: int) -> None:
    """Alternate rounds; print both medians per update and the median of their ratios."""
    command = [peer, __file__, "--serve", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        boxes = load(path)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(privcv_round(boxes))
            child.stdin.write("go\n")
            child.stdin.flush()
            theirs.append(float(child.stdout.readline()))
        child.stdin.close()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    result = {
        "privcv_ms": round(1e3 * statistics.median(ours), 3),
        "sort_ms": round(1e3 * statistics.median(theirs), 3),
        "ratio": round(ratio, 2),
        "rounds": rounds,
    }
    print(json.dumps(result))


def serve(boxes: Boxes) -> None:
    """The peer's side: a round for each line that comes in."""
    round_of_sort = sort_round(boxes)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(round_of_sort(), flush=True)


def privcv_round(boxes: Boxes) -> float:
    """CPU seconds per update of one video."""
    from pets import CALIBRATION, IMAGE_SIZE

    from privcv_perception.calibration import build_calibration
    from privcv_perception.detection import Detections
    from privcv_perception.settings import TrackerSettings
    from privcv_perception.tracker import Tracker

    frames = [Detections(box, score) for box, score in boxes]
    tracker = Tracker(TrackerSettings(), build_calibration(CALIBRATION, IMAGE_SIZE), IMAGE_SIZE)
    start = time.thread_time()
    for index, frame in enumerate(frames):
        tracker.update(frame, index / 10)
    return (time.thread_time() - start) / len(frames)


def sort_round(boxes: Boxes) -> Callable[[], float]:
    """A function that takes one round."""
    import supervision
    from trackers import SORTTracker

    frames = []
    for box, score in boxes:
        sure = score >= 0.6
        corners = np.concatenate((box[sure, :2], box[sure, :2] + box[sure, 2:]), axis=1)
        kind = np.zeros(len(corners), int)
        frames.append(supervision.Detections(xyxy=corners, confidence=score[sure], class_id=kind))

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

    from privcv_perception.calibration import build_calibration
    from privcv_perception.detectors import build_detector

    detector = build_detector(DETECTOR, build_calibration(CALIBRATION, IMAGE_SIZE), IMAGE_SIZE)
    capture = cv2.VideoCapture(str(VIDEO))
    boxes = []
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
