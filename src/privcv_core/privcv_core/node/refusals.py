# SPDX-License-Identifier: Apache-2.0
"""Refusals of a guard: since when it has refused, how often and why; for /diagnostics and console.

A guard that refuses in silence looks like a quiet day.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timezone

LINES_APART_S = 60.0
"""A guard that opens and closes all the time says so once in this time, s."""

_log = logging.getLogger(__name__)


class Refusals:
    """What one guard refuses: call ``refuse`` for each thing refused, ``accept`` for each taken.

    ``what``: in words, such as "frames refused". ``say``: gets one line when it begins to refuse
    and one when it is over; default: a warning in the log. The reason must tell nothing about
    people.
    """

    def __init__(
        self,
        what: str,
        say: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._what = what
        self._say = say or _log.warning
        self._monotonic, self._now = monotonic, now
        self._count = 0
        self._why = ""
        self._since = now()
        self._since_s = 0.0
        self._said_s: float | None = None
        self._is_said = False

    @property
    def warning(self) -> str | None:
        """What is refused, since when, how often and why; ``None`` while nothing is."""
        if not self._count:
            return None
        return (
            f"{self._what} since {self._since:%Y-%m-%d %H:%M:%S} UTC "
            f"({self._count} so far): {self._why}"
        )

    def refuse(self, why: str) -> None:
        """One more was refused, because of ``why``."""
        self._why = why
        self._count += 1
        if self._count > 1:
            return
        self._since, self._since_s = self._now(), self._monotonic()
        self._is_said = self._said_s is None or self._since_s - self._said_s >= LINES_APART_S
        if self._is_said:
            self._said_s = self._since_s
            self._say(f"{self._what}: {why}")

    def accept(self) -> None:
        """One was taken: whatever was wrong is over."""
        if not self._count:
            return
        count, self._count = self._count, 0
        if self._is_said:
            lasted_s = self._monotonic() - self._since_s
            self._say(f"{self._what}: over after {lasted_s:.0f} s ({count} times)")
