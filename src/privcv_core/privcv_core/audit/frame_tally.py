# SPDX-License-Identifier: Apache-2.0
"""Frames processed and wiped, told to the audit log once a minute."""

import time
from collections.abc import Callable

from privcv_core.audit.log import AuditLog


class FrameTally:
    """Counts frames of one camera and writes a ``frames`` entry per ``interval_s``.

    It counts every frame that was looked at, whether or not somebody was in it, so the figures
    tell nothing about people. Not thread-safe: call it from one thread.
    """

    def __init__(
        self,
        log: AuditLog,
        camera: str,
        *,
        interval_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._camera = camera
        self._interval_s = interval_s
        self._monotonic = monotonic
        self._since_s = monotonic()
        self._frames = self._wiped = 0

    def add(self, frames: int, wiped: int) -> None:
        """Count; writes the entry when the minute is over. Raises ``AuditLogError``."""
        self._frames += frames
        self._wiped += wiped
        if self._monotonic() - self._since_s >= self._interval_s:
            self.flush()

    def flush(self) -> None:
        """Write what was counted since the last entry; call it on pause and stop."""
        now_s = self._monotonic()
        if self._frames or self._wiped:
            self._log.append(
                "frames",
                camera=self._camera,
                frames=self._frames,
                wiped=self._wiped,
                seconds=round(now_s - self._since_s, 1),
            )
        self._frames = self._wiped = 0
        self._since_s = now_s
