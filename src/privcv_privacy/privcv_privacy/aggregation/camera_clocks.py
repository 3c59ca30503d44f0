# SPDX-License-Identifier: Apache-2.0
"""When each camera was last heard, so that windows end even where nothing comes any more."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass
class _Heard:
    """The last tick of one camera, and when it came."""

    at_s: float
    tick: int
    tick_s: int


class CameraClocks:
    """Event time of cameras that have fallen silent: the last tick, moved on by the clock.

    A camera that was never heard has no event time, and one whose source has ended needs none.
    ``clock_s`` is monotonic.
    """

    def __init__(
        self,
        cameras: Iterable[str],
        silent_after_s: float,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._silent_after_s = silent_after_s
        self._clock_s = clock_s
        self._heard: dict[str, _Heard | None] = dict.fromkeys(cameras)
        self._ended: set[str] = set()

    @property
    def ended(self) -> list[str]:
        """Cameras whose file or bag has ended."""
        return [camera for camera in self._heard if camera in self._ended]

    def hear(self, camera: str, tick: int, tick_s: int, *, last: bool) -> None:
        """A tick has come; ``last``: none will follow."""
        self._heard[camera] = _Heard(self._clock_s(), tick, tick_s)
        if last:
            self._ended.add(camera)
        else:
            self._ended.discard(camera)

    def silent(self) -> dict[str, tuple[int, int]]:
        """For each silent camera the tick that event time has reached, and a tick's length, s."""
        reached = {}
        for camera, heard in self._heard.items():
            if heard is None or camera in self._ended:
                continue
            passed_s = self._clock_s() - heard.at_s
            if passed_s > self._silent_after_s:
                reached[camera] = (heard.tick + int(passed_s // heard.tick_s), heard.tick_s)
        return reached
