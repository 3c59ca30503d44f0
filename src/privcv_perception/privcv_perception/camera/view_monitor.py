# SPDX-License-Identifier: Apache-2.0
"""View monitor: can this camera still see what it was set up to see?

It compares an image every two seconds of event time with the view as it was learnt, and tells one
of ``ViewState``. A state is told once nearly every image of the last minutes says it, so that no
passer-by is an event; figures never leave it. Why it stays on the device: docs/privacy.md.
"""

import math
from collections import Counter, deque
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from privcv_perception.camera.view_features import (
    ROW_STEP,
    SMALL,
    ViewFeatures,
    likeness,
    view_features,
)
from privcv_perception.detection.detector import Detections, Detector, Frame
from privcv_perception.frames.buffers import PixelBuffer

EVERY_S = 2.0
"""An image is compared this often, s."""

LEARN_IMAGES = 30
"""The first so many images that show something are the view."""

CONFIRM_S = 600.0
AGREE = 0.9
"""This share of the images of so long, s, say the same before it is told."""

ADAPT = 0.01
"""Share of each image of an unchanged view that is taken into it: daylight wanders."""

ADOPT_S = 3600.0
"""A view that is another for so long, s, is the view from then on."""

DARK = 14.0
"""Mean grey below which a camera sees nothing."""

FLAT = 6.0
FLAT_SHARE = 0.25
"""Contrast, grey levels and as a share of the view's, below which something covers the lens."""

BLURRED = 0.5
"""Sharpness over contrast, as a share of the view's, below which the image is out of focus."""

OTHER = 0.25
"""Share of tiles that must still show the same for it to be the same view."""


class ViewState(Enum):
    """View state: what is wrong with what a camera sees; ``LEARNING`` until it knows its view."""

    LEARNING = "learning"
    OK = "ok"
    DARK = "dark"
    COVERED = "covered"
    BLURRED = "blurred"
    MOVED = "moved"


IN_WORDS = {
    ViewState.DARK: "sees nothing but darkness: switch a light on, or check exposure and lens cap",
    ViewState.COVERED: "sees no more than one colour: something covers the lens",
    ViewState.BLURRED: "sees less sharply than it did: clean the lens, or focus it",
    ViewState.MOVED: "sees another view than it did: it was moved, or much stands before it; "
    "calibration and zones may no longer fit",
}
"""What to tell an operator."""


class ViewMonitor:
    """View monitor of one camera; ``state`` may be read from any thread.

    ``last`` is the state told last before the view was forgotten, by a pause or at the end.

    ``confirm_s``: for how long images must agree, s.
    """

    def __init__(self, confirm_s: float = CONFIRM_S) -> None:
        self._confirm_s = confirm_s
        self._small = PixelBuffer((SMALL[1], SMALL[0]))
        self._view = PixelBuffer((SMALL[1], SMALL[0]), np.float32)
        self._rows: PixelBuffer | None = None
        self._usual: ViewFeatures | None = None
        self._said: deque[tuple[float, ViewState]] = deque()
        self._learnt = 0
        self._last_s, self._other_since_s = -math.inf, math.inf
        self.state = self.last = ViewState.LEARNING
        self.forget()

    def look(self, frame: NDArray[np.uint8], stamp_s: float) -> None:
        """Take ``frame``, (height, width, 3) BGR, of event time ``stamp_s``, s, if one is due."""
        if 0 <= stamp_s - self._last_s < EVERY_S:
            return
        self._last_s = stamp_s
        shape = (-(-frame.shape[0] // ROW_STEP), frame.shape[1])
        if self._rows is None or self._rows.array.shape != shape:
            self._rows = PixelBuffer(shape)
            self.forget()
            self._last_s = stamp_s
        found = view_features(frame, self._small.array, self._rows.array)
        judged = self._judge(found)
        self._note(judged, stamp_s)
        if judged in (ViewState.OK, ViewState.LEARNING):
            self._adapt(found)
        self._small.wipe()
        self._rows.wipe()

    def forget(self) -> None:
        """Overwrite the view that was learnt, and begin anew."""
        self._small.wipe()
        self._view.wipe()
        if self._rows is not None:
            self._rows.wipe()
        self._said.clear()
        self._usual, self._learnt = None, 0
        self._last_s, self._other_since_s = -math.inf, math.inf
        if self.state is not ViewState.LEARNING:
            self.last = self.state
        self.state = ViewState.LEARNING

    def _judge(self, found: ViewFeatures) -> ViewState:
        """What one image says by itself."""
        if found.light < DARK:
            return ViewState.DARK
        usual = self._usual
        if usual is None or self._learnt < LEARN_IMAGES:
            return ViewState.COVERED if found.contrast < FLAT else ViewState.LEARNING
        if found.contrast < max(FLAT, FLAT_SHARE * usual.contrast):
            return ViewState.COVERED
        if likeness(self._small.array, self._view.array) < OTHER:
            return ViewState.MOVED
        if found.sharpness / found.contrast < BLURRED * usual.sharpness / usual.contrast:
            return ViewState.BLURRED
        return ViewState.OK

    def _note(self, state: ViewState, stamp_s: float) -> None:
        """Tell ``state`` once the images of the last ``confirm_s`` agree on it."""
        if self._said and stamp_s < self._said[-1][0]:
            self._said.clear()
        self._said.append((stamp_s, state))
        while stamp_s - self._said[0][0] > self._confirm_s:
            self._said.popleft()
        spanned = stamp_s - self._said[0][0] > self._confirm_s - 2 * EVERY_S
        best, count = Counter(state for _, state in self._said).most_common(1)[0]
        if state is ViewState.OK and self.state is ViewState.LEARNING:
            self.state = ViewState.OK
        elif spanned and count >= AGREE * len(self._said) and best is not ViewState.LEARNING:
            if best is not self.state:
                self._other_since_s = stamp_s
            self.state = best
        if self.state is ViewState.MOVED and stamp_s - self._other_since_s > ADOPT_S:
            self.forget()

    def _adapt(self, found: ViewFeatures) -> None:
        """Learn the view: the mean of the first images, then slowly what becomes of it."""
        self._learnt += 1
        share = max(ADAPT, 1 / self._learnt)
        self._view.array += np.float32(share) * (self._small.array - self._view.array)
        before = self._usual or found
        self._usual = ViewFeatures(
            before.light + share * (found.light - before.light),
            before.contrast + share * (found.contrast - before.contrast),
            before.sharpness + share * (found.sharpness - before.sharpness),
        )


class MonitoredDetector:
    """A detector whose frames a view monitor sees too, before it does."""

    def __init__(self, detector: Detector, monitor: ViewMonitor) -> None:
        self._detector, self._monitor = detector, monitor

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """See ``Detector.detect``."""
        self._monitor.look(frame, stamp_s)
        return self._detector.detect(frame, stamp_s)

    @property
    def doubt(self) -> str:
        """What the detector says of what it sees; empty where it has nothing to say."""
        return str(getattr(self._detector, "doubt", ""))

    def wipe(self) -> None:
        """See ``Detector.wipe``; the monitor keeps nothing of the last frame."""
        self._detector.wipe()

    def close(self) -> None:
        """See ``Detector.close``; the view is forgotten too."""
        self._detector.close()
        self._monitor.forget()
