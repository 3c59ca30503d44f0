# SPDX-License-Identifier: Apache-2.0
"""Event times and frame numbers of a live camera."""

from privcv_core.event_time.frame_times import CONFIRMING_FRAMES, CONFIRMING_NS
from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.frames.buffers import FrameStamp

UNNOTICED_NS = 500_000_000
"""A clock that was set by less, ns, is not followed."""


EARLIEST_NS = 500_000_000
"""A frame of a stream that comes earlier than its pts allows by more, ns, has a wrong one."""

LATEST_NS = 2_000_000_000
"""So has one that comes later by more, ns: no network holds a frame for so long."""

DRIFT_1_IN = 2_000
"""Clocks of cameras are better than 500 parts in a million."""


class EvenPace:
    """Rate limiter: at most ``fps`` frames a second, evenly spaced; all of them where it is 0."""

    def __init__(self, fps: float) -> None:
        self._period_ns = round(NS_PER_S / fps) if fps else 0
        self._next_due_ns = 0
        self._last_ns: int | None = None

    def due(self, now_ns: int) -> bool:
        """Whether the frame that was taken at ``now_ns`` (any clock) is to be used."""
        last_ns, self._last_ns = self._last_ns, now_ns
        if not self._period_ns or last_ns is None or now_ns < last_ns:
            self._next_due_ns = now_ns + self._period_ns
            return True
        # Frames arrive with jitter: one that is early by less than half the camera's own interval
        # is the one that was meant.
        if now_ns < self._next_due_ns - min(now_ns - last_ns, self._period_ns) / 2:
            return False
        self._next_due_ns = max(self._next_due_ns, now_ns - self._period_ns // 2) + self._period_ns
        return True


class StreamClock:
    """Stream clock: presentation times (pts) of a stream on the monotonic clock of this machine.

    The network delays frames and bunches them, and some are lost; the camera knows when it took
    each. The frame that came quickest tells how the two clocks lie to each other; as they drift
    apart, slowly, that is followed. A frame whose pts does not fit when it came was taken when it
    came; once ``CONFIRMING_FRAMES`` in a row do not, the stream's clock was set.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None  # monotonic time less pts
        self._last_pts_ns: int | None = None
        self._last_ns: int | None = None  # arrival of the frame before
        self._misfits = 0

    def taken_ns(self, pts_ns: int, arrived_ns: int) -> int:
        """When the frame was taken, monotonic ns; ``arrived_ns`` too. Never after it came."""
        passed_ns = arrived_ns - (arrived_ns if self._last_ns is None else self._last_ns)
        self._last_ns = arrived_ns
        goes_on = self._last_pts_ns is None or pts_ns > self._last_pts_ns
        self._last_pts_ns = pts_ns
        delay_ns = 0 if self._offset_ns is None else arrived_ns - pts_ns - self._offset_ns
        fits = goes_on and -EARLIEST_NS <= delay_ns <= LATEST_NS
        if self._offset_ns is None or not fits:
            self._misfits += 1
            if self._offset_ns is None or self._misfits >= CONFIRMING_FRAMES:
                self._offset_ns = arrived_ns - pts_ns
                self._misfits = 0
            return arrived_ns
        self._misfits = 0
        if delay_ns < 0:
            self._offset_ns += delay_ns
        else:
            self._offset_ns += min(delay_ns, passed_ns // DRIFT_1_IN)
        return pts_ns + self._offset_ns


class EventClock:
    """Event clock: stamps that grow strictly within an era, whatever happens to the system's clock.

    Time follows the monotonic clock from the first frame on. Where the system's clock was set, by
    more than ``UNNOTICED_NS`` and either way, time goes on unchanged until it has said the same for
    ``CONFIRMING_NS``; then time follows it, once, and a new era begins. A clock that is wrong
    for a moment changes nothing.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None  # event time less monotonic time
        self._tentative: tuple[int, int] | None = None  # another offset, seen since when
        self._era = 0
        self._index = 0

    def reopen(self) -> None:
        """The camera was opened again: its frames are counted from 0."""
        self._index = 0

    def stamp(self, wall_ns: int, monotonic_ns: int) -> FrameStamp:
        """The stamp of a frame that arrived now."""
        offset_ns = wall_ns - monotonic_ns
        if self._offset_ns is None:
            self._offset_ns = offset_ns
        elif self._is_confirmed(offset_ns, monotonic_ns):
            self._offset_ns = offset_ns
            self._era += 1
        stamp = FrameStamp(self._index, monotonic_ns + self._offset_ns, self._era)
        self._index += 1
        return stamp

    def _is_confirmed(self, offset_ns: int, monotonic_ns: int) -> bool:
        assert self._offset_ns is not None
        if abs(offset_ns - self._offset_ns) <= UNNOTICED_NS:
            self._tentative = None
            return False
        if self._tentative is None or abs(offset_ns - self._tentative[0]) > UNNOTICED_NS:
            self._tentative = (offset_ns, monotonic_ns)
        if monotonic_ns - self._tentative[1] < CONFIRMING_NS:
            return False
        self._tentative = None
        return True
