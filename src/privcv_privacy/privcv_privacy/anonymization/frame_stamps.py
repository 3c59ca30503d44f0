# SPDX-License-Identifier: Apache-2.0
"""Monotonic event time of one camera: stamps go forward only, and far only when confirmed."""

from dataclasses import dataclass

CONFIRMING_FRAMES = 25
"""Frames that must agree before a jump ahead is accepted."""


@dataclass
class StampCounts:
    """Frames that came at odd times, since the start."""

    backwards: int = 0  # frames not later than the one before: ignored
    future: int = 0  # frames too far ahead: ignored until confirmed
    clock_steps: int = 0  # confirmed jumps ahead


class FrameStamps:
    """The stamps of one camera; ``jump_ns``: the furthest step ahead that one frame may make."""

    def __init__(self, jump_ns: int, counts: StampCounts) -> None:
        self._counts = counts
        self._jump_ns = jump_ns
        self._tentative_ns = 0  # the last stamp of a jump that is not confirmed yet
        self._confirmations = 0

    def accept(self, stamp_ns: int, last_ns: int | None) -> bool:
        """Whether the frame at ``stamp_ns`` counts; ``last_ns``: the one before it, None: first."""
        if last_ns is None:
            return stamp_ns >= 0
        if stamp_ns <= last_ns:
            self._counts.backwards += 1
            return False
        if stamp_ns - last_ns <= self._jump_ns:
            self._confirmations = 0
            return True
        agrees = 0 < stamp_ns - self._tentative_ns <= self._jump_ns
        self._confirmations = self._confirmations + 1 if agrees else 1
        self._tentative_ns = stamp_ns
        if self._confirmations < CONFIRMING_FRAMES:
            self._counts.future += 1
            return False
        self._confirmations = 0
        self._counts.clock_steps += 1
        return True
