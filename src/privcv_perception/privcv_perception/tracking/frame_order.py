# SPDX-License-Identifier: Apache-2.0
"""Frames in order of event time: stray ones are dropped, a clock that was set back is followed."""

import math

BACKWARD_FRAMES = 10
"""So many frames in a row before the last one's time are a clock set back, not stray frames."""


class FrameOrder:
    """Judges the times of the frames of one camera, in event time, s."""

    def __init__(self) -> None:
        self._newest_s = -math.inf
        self._backward: list[float] = []
        self.dropped = 0
        """Frames that were not later than the one before."""

    def accept(self, stamp_s: float) -> bool:
        """Whether to use a frame of this event time, s: it is later, or the clock was set back."""
        if not math.isfinite(stamp_s):
            self._backward.clear()
        elif stamp_s > self._newest_s:
            self._backward.clear()
            self._newest_s = stamp_s
            return True
        else:
            if self._backward and stamp_s <= self._backward[-1]:
                self._backward.clear()
            else:
                self._backward.append(stamp_s)
            if len(self._backward) == BACKWARD_FRAMES:
                self._backward.clear()
                self._newest_s = stamp_s
                return True
        self.dropped += 1
        return False
