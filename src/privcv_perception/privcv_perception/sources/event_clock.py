# SPDX-License-Identifier: Apache-2.0
"""Event times and frame numbers of a live camera."""

from privcv_perception.frames.buffers import FrameStamp

_AHEAD_NS = 500_000_000


class EvenPace:
    """Rate limiter: at most ``fps`` frames a second, evenly spaced; all of them where it is 0."""

    def __init__(self, fps: float) -> None:
        self._period_ns = round(1e9 / fps) if fps else 0
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


class EventClock:
    """Event clock: strictly increasing stamps, whatever happens to the system's clock.

    Time follows the monotonic clock from the first frame on. Where the system's clock was set
    forward by more than half a second, time jumps with it; where it was set back, time goes on
    unchanged until the camera is opened again.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._index = 0

    def stamp(self, wall_ns: int, monotonic_ns: int) -> FrameStamp:
        """The stamp of a frame that arrived now."""
        offset = wall_ns - monotonic_ns
        if self._offset_ns is None or offset > self._offset_ns + _AHEAD_NS:
            self._offset_ns = offset
        stamp = FrameStamp(self._index, monotonic_ns + self._offset_ns)
        self._index += 1
        return stamp
