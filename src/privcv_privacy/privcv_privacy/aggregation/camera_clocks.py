# SPDX-License-Identifier: Apache-2.0
"""When each camera last sent a tick, so that windows end even where nothing comes any more."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from privcv_privacy.anonymous_tick import TICK_S


@dataclass(frozen=True)
class _Arrival:
    """The last tick of one camera, and when it came."""

    at_s: float
    tick: int


class CameraClocks:
    """Event time of cameras that have fallen silent: the last tick, moved on by the clock.

    A camera that never sent a tick has no event time, and one whose source has ended needs none.
    ``silent_after_s``: how long a camera may send nothing, s. ``clock_s`` is monotonic, s.
    """

    def __init__(
        self,
        cameras: Iterable[str],
        silent_after_s: float,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._silent_after_s = silent_after_s
        self._clock_s = clock_s
        self._arrivals: dict[str, _Arrival | None] = dict.fromkeys(cameras)
        self._ended: set[str] = set()

    @property
    def ended(self) -> list[str]:
        """Cameras whose file or bag has ended."""
        return [camera for camera in self._arrivals if camera in self._ended]

    def on_tick(self, camera: str, tick: int, *, last: bool) -> None:
        """A tick has come; ``last``: none will follow."""
        self._arrivals[camera] = _Arrival(self._clock_s(), tick)
        if last:
            self._ended.add(camera)
        else:
            self._ended.discard(camera)

    def silent(self) -> dict[str, int]:
        """For each silent camera the tick that event time has reached."""
        reached = {}
        for camera, arrival in self._arrivals.items():
            if arrival is None or camera in self._ended:
                continue
            passed_s = self._clock_s() - arrival.at_s
            if passed_s > self._silent_after_s:
                reached[camera] = arrival.tick + int(passed_s // TICK_S)
        return reached
