# SPDX-License-Identifier: Apache-2.0
"""Frame times of one camera: which frame is next, which is a stray, and when a clock was set.

The one policy for everybody who takes frames in order: camera loop, tracker, anonymizer. Pure event
time, so that a replay gives the same result at any pace.
"""

from enum import Enum

from privcv_core.protocol.timestamps import NS_PER_S, s_from_ns

CONFIRMING_FRAMES = 3
"""Frames in a row that must agree before a clock that was set is believed."""

CONFIRMING_NS = 2_000_000_000
"""For so long they must, ns."""

LONGEST_GAP_NS = 30_000_000_000
"""Frames further apart than this, ns, do not speak for each other."""

LONGEST_JUMP_NS = 86_400 * NS_PER_S
"""A frame that is further ahead of the one before, ns, is of another clock, until others confirm
it."""

_USUAL_GAPS = 4
"""A gap is unusual where it is so many times as long as the one before."""


class FrameTime(Enum):
    """What a frame is, by its time."""

    NEXT = "next"  # later than the one before
    STRAY = "stray"  # from another time: not to be used
    STEP = "step"  # the clock was set: time goes on from this frame


def recorded_times() -> "FrameTimes":
    """For frames that somebody else has stamped: a file, a bag, an image topic."""
    return FrameTimes(LONGEST_JUMP_NS, LONGEST_GAP_NS)


class FrameTimes:
    """Judges the times of one camera's frames, in the order in which they come.

    Within an *era* stamps only grow. A frame of another era is a step at once: its source knows
    that the clock was set. Frames that are not later, or more than ``jump_ns`` ahead (``None``: no
    such limit), are strays, until a run of them that lasts ``CONFIRMING_NS`` is a step as well.

    A gap of more than ``gap_ns`` (``None``: any is believed at once) is one that somebody else's
    stamps tell of, and one bad stamp looks the same: the frames after it are strays until
    ``CONFIRMING_FRAMES`` in a row go on from there; then time has passed, and nothing was set.
    """

    def __init__(self, jump_ns: int | None = None, gap_ns: int | None = None) -> None:
        self.behind = 0
        """Frames not used because they were not later than the one before."""
        self.ahead = 0
        """Frames not used because they were too far ahead."""
        self.steps = 0
        """How often the clock was set."""
        self.last_ns: int | None = None
        """Event time of the last frame that was used."""
        self.steady_ns = 0
        """Time that no setting of a clock changes: event time plus what all steps took away, ns."""
        self._jump_ns, self._gap_ns = jump_ns, gap_ns
        self._era = 0
        self._usual_ns = 0  # between the last two frames
        self._apart_ns = 0  # between the last two frames that a gap does not lie between
        self._run: tuple[int, int, int] | None = None  # first stamp, last stamp, how many
        self._beyond: tuple[int, int] | None = None  # after a gap: last stamp, how many
        self._restarts = False

    def judge(self, stamp_ns: int, era: int = 0) -> FrameTime:
        """What the frame taken at ``stamp_ns`` (event time, ns since the epoch) is."""
        last_ns = self.last_ns
        restarts, self._restarts = self._restarts, False
        if last_ns is None:
            self._era, self.last_ns, self.steady_ns = era, stamp_ns, stamp_ns
            return FrameTime.NEXT
        if era != self._era:
            self._era = era
            return self._step(stamp_ns, self._usual_ns)
        passed_ns = stamp_ns - last_ns
        if passed_ns > 0 and (self._jump_ns is None or passed_ns <= self._jump_ns):
            if self._is_gap(passed_ns) and not restarts:
                return self._confirm_gap(stamp_ns, passed_ns)
            self._apart_ns = passed_ns
            return self._next(stamp_ns, passed_ns)
        self._beyond = None
        if restarts:
            return self._step(stamp_ns, self._usual_ns)
        return self._confirm(stamp_ns, is_ahead=passed_ns > 0)

    def off_s(self, stamp_ns: int) -> float:
        """How far ``stamp_ns`` is from the last frame that was used, s; less than 0: behind."""
        return s_from_ns(stamp_ns - (self.last_ns or 0))

    def restart(self) -> None:
        """The source begins anew: the next frame may be of any time."""
        self._restarts = True

    def _next(self, stamp_ns: int, passed_ns: int) -> FrameTime:
        self._run = self._beyond = None
        self._use(stamp_ns, passed_ns)
        return FrameTime.NEXT

    def _is_gap(self, passed_ns: int) -> bool:
        # A camera that gives a frame a minute has no gaps of a minute.
        return self._gap_ns is not None and passed_ns > max(
            self._gap_ns, _USUAL_GAPS * self._apart_ns
        )

    def _confirm_gap(self, stamp_ns: int, passed_ns: int) -> FrameTime:
        newest_ns, count = self._beyond or (stamp_ns, 0)
        apart_ns = stamp_ns - newest_ns
        self._run = None
        self._beyond = (stamp_ns, count + 1 if apart_ns > 0 else 1)
        if self._beyond[1] < CONFIRMING_FRAMES:
            self.ahead += 1
            return FrameTime.STRAY
        self._apart_ns = apart_ns
        return self._next(stamp_ns, passed_ns)

    def _confirm(self, stamp_ns: int, *, is_ahead: bool) -> FrameTime:
        first_ns, newest_ns, count = self._run or (stamp_ns, stamp_ns, 0)
        if count and not 0 < stamp_ns - newest_ns <= LONGEST_GAP_NS:
            first_ns, count = stamp_ns, 0
        self._run = (first_ns, stamp_ns, count + 1)
        if count + 1 >= CONFIRMING_FRAMES and stamp_ns - first_ns >= CONFIRMING_NS:
            return self._step(stamp_ns, stamp_ns - first_ns)
        self.ahead += is_ahead
        self.behind += not is_ahead
        return FrameTime.STRAY

    def _step(self, stamp_ns: int, passed_ns: int) -> FrameTime:
        self.steps += 1
        self._run = self._beyond = None
        usual_ns = self._usual_ns
        self._use(stamp_ns, passed_ns)
        self._usual_ns = usual_ns
        return FrameTime.STEP

    def _use(self, stamp_ns: int, passed_ns: int) -> None:
        self._usual_ns = min(passed_ns, CONFIRMING_NS)
        self.steady_ns += passed_ns
        self.last_ns = stamp_ns
