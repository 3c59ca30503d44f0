# SPDX-License-Identifier: Apache-2.0
"""Presentation times of a file's frames, which begin anew where recordings were joined in it.

Recorders write a file per hour and people put them together, as the segments of a stream are: the
times of each begin at 0, and the frames of the second lie after those of the first all the same.
"""

from privcv_core.event_time.frame_times import CONFIRMING_FRAMES, LONGEST_GAP_NS


class OwnTimes:
    """Presentation times (pts) of one file's frames, in order, as one time that goes on.

    Frames whose times are all before those of the last one belong to another recording that was
    joined on once ``CONFIRMING_FRAMES`` of them in a row follow each other: it goes on one usual
    frame after the last. One whose time alone lies elsewhere changes nothing.
    """

    def __init__(self) -> None:
        self._joined_ns = 0  # what is added to the times of the recording that is read now
        self._last_ns: int | None = None  # the latest time that is believed
        self._before_ns = -1  # the one before it
        self._usual_ns = 0  # between two frames
        self._run: tuple[int, int, int] | None = None  # frames elsewhere: first, last, how many

    def place(self, own_ns: int) -> int | None:
        """Time since the first frame's 0, ns, of a frame whose own is ``own_ns``; None: a stray."""
        time_ns = own_ns + self._joined_ns
        last_ns = self._last_ns
        if last_ns is None or 0 < time_ns - last_ns <= LONGEST_GAP_NS:
            self._believe(time_ns)
            return time_ns
        first_ns, newest_ns, count = self._run or (time_ns, time_ns, 0)
        if count and not 0 < time_ns - newest_ns <= LONGEST_GAP_NS:
            first_ns, count = time_ns, 0
        self._run = (first_ns, time_ns, count + 1)
        if count + 1 < CONFIRMING_FRAMES:
            return time_ns if time_ns > last_ns else None
        if first_ns > self._before_ns:  # after a gap, or it is the last one that was wrong
            self._believe(time_ns)
            return time_ns
        shift_ns = last_ns + self._usual_ns - first_ns
        self._joined_ns += shift_ns
        self._believe(time_ns + shift_ns)
        return time_ns + shift_ns

    def _believe(self, time_ns: int) -> None:
        if self._last_ns is not None:
            if 0 < time_ns - self._last_ns <= LONGEST_GAP_NS and self._run is None:
                self._usual_ns = time_ns - self._last_ns
            self._before_ns = self._last_ns
        self._last_ns = time_ns
        self._run = None
