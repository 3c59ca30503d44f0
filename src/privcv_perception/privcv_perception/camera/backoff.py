# SPDX-License-Identifier: Apache-2.0
"""Exponential backoff with jitter, for a camera that was lost."""

import random
import time


class Backoff:
    """Exponential backoff: pauses between attempts, doubling up to a longest one.

    Each is shortened at random by up to half, so that cameras of one switch do not all come back
    at once. Starts over after a minute's run.
    """

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._next_s = first_s
        self._since = time.monotonic()

    def next_s(self) -> float:
        """How long to wait before the next attempt, s."""
        pause_s, self._next_s = self._next_s, min(self._next_s * 2, self._longest_s)
        self._since = time.monotonic()
        return pause_s * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Note that a frame came: once that went well for long, the first pause is short again."""
        if time.monotonic() - self._since > min(60.0, 2 * self._longest_s):
            self._next_s = self._first_s
