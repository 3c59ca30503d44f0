# SPDX-License-Identifier: Apache-2.0
"""For tests of detectors, trackers and sources of other packages: fakes, and what each must do.

Public, as the test doubles of a library are; nothing in privcv itself uses this module.
"""

from collections.abc import Callable, Sequence

import numpy as np

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.detection.detector import Detections, Detector, Frame
from privcv_perception.extensions import Tracker
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import OnDrop
from privcv_perception.sources.source import Source
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


class ScriptedSource:
    """A source that gives the (h, w, 3) uint8 BGR frames it was given, ``rate_hz`` of them a second
    from ``start_ns`` on (event time), and has then ended."""

    def __init__(
        self,
        frames: Sequence[Frame],
        rate_hz: float = 10.0,
        start_ns: int = 1_700_000_000 * NS_PER_S,
    ) -> None:
        self._frames, self._step_ns, self._start_ns = frames, round(NS_PER_S / rate_hz), start_ns
        self._next = 0
        self.size = (frames[0].shape[1], frames[0].shape[0])
        self.dropped = 0
        self.ending = "the script ended"
        self.on_drop: OnDrop = lambda stamp, why: None
        self.is_open = False

    @property
    def is_over(self) -> bool:
        """Whether every frame was read."""
        return self._next >= len(self._frames)

    def open(self) -> None:
        """Begin with the first frame again."""
        self._next, self.is_open = 0, True

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Copy the next frame."""
        if self.is_over or not self.is_open:
            return None
        index, self._next = self._next, self._next + 1
        np.copyto(into.pixels, self._frames[index])
        return FrameStamp(index, self._start_ns + index * self._step_ns)

    def interrupt(self) -> None:
        """Have ``read`` give nothing until it is opened again."""
        self.is_open = False

    def close(self) -> None:
        """Likewise."""
        self.is_open = False


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


def check_source(make: Callable[[], Source], frames: int = 5) -> list[FrameStamp]:
    """Open a source, read up to ``frames`` of it, and do so once more; returns the first stamps.

    Raises ``AssertionError`` where the size of its frames is not known once it is open, indices or
    event time go back, nothing was written into the buffer, a read after ``interrupt`` or at the
    end gives a frame, or a second ``close`` does harm.
    """
    source = make()
    source.on_drop = lambda stamp, why: None
    rounds: list[list[FrameStamp]] = []
    for _ in range(2):
        source.open()
        width, height = source.size
        assert min(width, height) > 0, "its size is not known once it is open"
        buffer = FrameBuffer(width, height)
        buffer.pixels.fill(0x5A)
        stamps: list[FrameStamp] = []
        while len(stamps) < frames and (stamp := source.read(buffer)) is not None:
            assert not (buffer.pixels == 0x5A).all(), f"frame {stamp.index} was not written"
            before = stamps[-1] if stamps else FrameStamp(-1, -1)
            assert stamp.index > before.index, f"index {stamp.index} after {before.index}"
            later = (stamp.era, stamp.time_ns) > (before.era, before.time_ns)
            assert later, f"frame {stamp.index}: event time does not grow"
            stamps.append(stamp)
            buffer.pixels.fill(0x5A)
        source.interrupt()
        assert source.read(buffer) is None, "a frame after interrupt, or after the end"
        assert isinstance(source.ending, str), "it does not say why it ended"
        source.close()
        source.close()
        rounds.append(stamps)
    assert rounds[0], "it gave no frame"
    assert bool(rounds[1]) == bool(rounds[0]), "opened again, it gave no frame"
    return rounds[0]
