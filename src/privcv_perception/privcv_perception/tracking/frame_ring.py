# SPDX-License-Identifier: Apache-2.0
"""Ring of frames: those that are not final yet, and the places of their boxes in the history."""

from collections import deque
from typing import NamedTuple

import numpy as np

from privcv_perception.tracking.seen_boxes import COLUMNS
from privcv_perception.tracking.track_states import TrackStates

FIRST_LENGTH = 16
"""Length of the ring, frames, before the lag asks for more."""

LONG_AGO_S = -1e9


class PendingFrame(NamedTuple):
    """A frame that is not final yet: its event time, its index, its place in the ring, and whether
    a detector looked at it."""

    stamp_s: float
    frame: int
    slot: int
    looked: bool


class FrameRing:
    """Event times of the newest frames, (h,), beside the ring ``seen`` of the track states."""

    def __init__(self) -> None:
        self.length = FIRST_LENGTH
        self.stamps_s = np.full(self.length, LONG_AGO_S)
        self._pending: deque[PendingFrame] = deque()
        self._frames = 0

    def add(
        self, stamp_s: float, frame: int | None, states: TrackStates, *, looked: bool = True
    ) -> int:
        """A place for the frame of this event time, s, in the rings; returns it.

        ``frame``: its index, default the number of frames before it. Lengthens them where
        more frames fit into the lag than there was room for.
        """
        while self._pending and 2 * len(self._pending) + 2 > self.length:
            self._double(states)
        slot = self._frames % self.length
        number = self._frames if frame is None else frame
        self._pending.append(PendingFrame(stamp_s, number, slot, looked))
        self._frames += 1
        self.stamps_s[slot] = stamp_s
        states.seen[:, slot] = states.shown[:, slot] = 0.0
        return slot

    def pop_until(self, until_s: float) -> list[PendingFrame]:
        """Take out the frames up to this event time, s, oldest first."""
        final = []
        while self._pending and self._pending[0].stamp_s <= until_s + 1e-9:
            final.append(self._pending.popleft())
        return final

    def forget(self) -> None:
        """Forget the event times; once no frame waits and nobody is followed."""
        self.stamps_s[:] = LONG_AGO_S

    def _double(self, states: TrackStates) -> None:
        old, new = self.length, 2 * self.length
        frames = np.arange(max(0, self._frames - old), self._frames)
        source, target = frames % old, frames % new
        stamps_s, seen, shown = self.stamps_s, states.seen, states.shown
        self.stamps_s = np.full(new, LONG_AGO_S)
        self.stamps_s[target] = stamps_s[source]
        states.seen = np.zeros((len(states), new, 3))
        states.seen[:, target] = seen[:, source]
        states.shown = np.zeros((len(states), new, COLUMNS))
        states.shown[:, target] = shown[:, source]
        self.length = new
        self._pending = deque(
            pending._replace(slot=(self._frames - back) % new)
            for back, pending in zip(range(len(self._pending), 0, -1), self._pending, strict=True)
        )
