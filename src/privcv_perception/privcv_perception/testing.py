# SPDX-License-Identifier: Apache-2.0
"""For tests of detectors and trackers of other packages: fakes, and what every one must hold to.

Public, as the test doubles of a library are; nothing in privcv itself uses this module.
"""

from collections.abc import Callable, Sequence

import numpy as np

from privcv_perception.detection.detector import Detections, Detector, Frame
from privcv_perception.extensions import Tracker
from privcv_perception.tracking.tracks import Tracks


class ScriptedDetector:
    """A detector that tells what it was given, a frame after the other, and nobody after that.

    ``wiped`` counts the calls of ``wipe``; ``is_closed`` says whether it was closed.
    """

    def __init__(self, script: Sequence[Detections]) -> None:
        self._script = iter(script)
        self.wiped = 0
        self.is_closed = False

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """The next entry of the script, whatever is in ``frame``."""
        return next(self._script, Detections.empty())

    def wipe(self) -> None:
        """Count the call."""
        self.wiped += 1

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def walking_boxes(people: int, frames: int, size: tuple[int, int]) -> list[Detections]:
    """People who walk from left to right side by side, never hidden: (n, 4) boxes a frame, px.

    ``size``: (width, height) of the image, px.
    """
    width, height = size
    tall = height / 4
    lanes = np.linspace(height * 0.1, height * 0.65, people)
    found = []
    for frame in range(frames):
        left = np.full(people, width * (0.1 + 0.7 * frame / max(1, frames - 1)))
        boxes = np.column_stack([left, lanes, np.full(people, tall / 2.5), np.full(people, tall)])
        found.append(Detections.from_rows(boxes, np.full(people, 0.9)))
    return found


def check_detector(
    make: Callable[[], Detector], frames: Sequence[Frame], *, rate_hz: float = 10.0
) -> list[Detections]:
    """Run a detector over ``frames``, and once more after ``close``; returns what it found.

    Raises ``AssertionError`` where it writes into a frame, returns what are no ``Detections`` of
    finite boxes in px and scores in 0..1, or keeps something of before over ``close``.
    """
    detector = make()
    rounds = []
    for _ in range(2):
        found = []
        for index, frame in enumerate(frames):
            before = frame.copy()
            people = detector.detect(frame, index / rate_hz)
            assert (frame == before).all(), f"frame {index} was written into"
            assert isinstance(people, Detections), f"frame {index}: not privcv's Detections"
            assert people.boxes.shape == (len(people), 4), f"frame {index}: boxes are not (n, 4)"
            kept = Detections.from_rows(people.boxes, people.scores)
            assert len(kept) == len(people), f"frame {index}: a row is no box, or has no score"
            found.append(people)
            detector.wipe()
        detector.close()
        rounds.append(found)
    for index, (first, second) in enumerate(zip(*rounds, strict=True)):
        same = first.boxes.shape == second.boxes.shape and np.allclose(first.boxes, second.boxes)
        assert same, f"frame {index}: other boxes after close: something of before was kept"
    return rounds[0]


def check_tracker(
    make: Callable[[], Tracker], boxes: Sequence[Detections], *, rate_hz: float = 10.0
) -> list[Tracks]:
    """Run two trackers over ``boxes``, one frame at a time; returns the frames of the first.

    Raises ``AssertionError`` where a frame is missing, twice or out of order, an id stands twice in
    one, two runs differ, or a frame that is not later than the one before is taken.
    """

    def run() -> list[Tracks]:
        tracker = make()
        final: list[Tracks] = []
        for index, people in enumerate(boxes):
            final += tracker.update(people, index / rate_hz, index)
        tracker.update(boxes[-1], (len(boxes) - 1) / rate_hz, len(boxes))
        assert tracker.dropped_frames == 1, "a frame that is not later was not dropped"
        final += tracker.flush()
        assert not tracker.flush(), "flush told frames a second time"
        return final

    first, second = run(), run()
    assert [one.frame for one in first] == list(range(len(boxes))), "frames are missing or twice"
    for one, other in zip(first, second, strict=True):
        assert len(set(one.ids.tolist())) == len(one), f"frame {one.frame}: an id stands twice"
        same = np.array_equal(one.ids, other.ids) and np.array_equal(one.floor_m, other.floor_m)
        assert same, f"frame {one.frame}: another run gave other tracks"
    return first
