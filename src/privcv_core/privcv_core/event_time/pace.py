# SPDX-License-Identifier: Apache-2.0
"""Pace at which a recording is played: when each of its frames is due."""

import time
from collections.abc import Callable

from privcv_core.event_time.frame_times import FrameTime, FrameTimes, recorded_times
from privcv_core.protocol.timestamps import s_from_ns


class Pace:
    """When frames are due, by their own times, ``rate`` times as fast as they were recorded.

    ``rate`` 0: each at once. Times are judged by ``FrameTimes``, as wherever frames are taken: a
    stray stamp is played at once, so that one that lies years ahead stops nothing.
    """

    def __init__(self, rate: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._times: FrameTimes = recorded_times()
        self._first: tuple[float, int] | None = None  # when it was played, its steady time

    def wait_s(self, stamp_ns: int) -> float | None:
        """How long to wait before the frame of ``stamp_ns``, s; less than 0: it is overdue.

        None where the frame is a stray: no time may be taken from it.
        """
        if self._times.judge(stamp_ns) is FrameTime.STRAY:
            return None
        now_s = self._monotonic()
        if self._first is None:
            self._first = (now_s, self._times.steady_ns)
        if not self._rate:
            return 0.0
        began_s, first_ns = self._first
        return began_s + s_from_ns(self._times.steady_ns - first_ns) / self._rate - now_s
