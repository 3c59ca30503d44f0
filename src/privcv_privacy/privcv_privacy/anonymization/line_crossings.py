# SPDX-License-Identifier: Apache-2.0
"""Line crossings: who went from one side of a line to the other, through it, decided in metres.

Feet jitter, and people stop on a threshold. So a side is taken only ``BAND_M`` away from the line,
but for the first one, since at a door ways begin within it; and a crossing is told once, when
somebody has left the band on the other side: however often they were on either side in between, it
is one, and none where they turn back. The way must have led between the ends of the line; who walks
around it has not crossed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from privcv_core.protocol.timestamps import ns_from_s
from privcv_privacy.line_settings import LineSettings

BAND_M = 0.25
"""Distance from a line, m, from which somebody is on a side of it: half a cell."""


@dataclass(frozen=True)
class _Line:
    """One line: its first end, the unit vector to the second, its length; m."""

    x: float
    y: float
    along_x: float
    along_y: float
    length: float

    def place(self, x_m: float, y_m: float) -> tuple[float, float]:
        """(distance from the line, positive to its left; distance along it), m."""
        dx, dy = x_m - self.x, y_m - self.y
        left = self.along_x * dy - self.along_y * dx
        return left, self.along_x * dx + self.along_y * dy


@dataclass
class Passage:
    """Where one person is on the way over each line."""

    last_ns: int  # steady time when last seen
    x_m: float  # there
    y_m: float
    sides: list[int]  # of each line: 1 left, -1 right; where first seen, or last outside the band
    through: list[bool]  # whether the way last changed sides between the ends of the line


class LineCrossings:
    """The lines of one camera, and everybody's way over them; ``see`` takes each sample.

    ``lines``: by name; their bits are in the order of names. ``forget_s``: as that of identities.
    """

    def __init__(self, lines: Mapping[str, LineSettings], forget_s: float) -> None:
        self._lines = [_line(*lines[name].ends_m) for name in sorted(lines)]
        self._forget_ns = ns_from_s(forget_s)
        self._passages: dict[int, Passage] = {}

    def see(self, number: int, now_ns: int, x_m: float, y_m: float) -> int:
        """The lines that a person has crossed with this sample, as ``AnonymousTrack.crossed``.

        ``number``: the tracker's; ``now_ns``: of steady time.
        """
        if not self._lines:
            return 0
        passage = self._passages.get(number)
        if passage is None or now_ns - passage.last_ns > self._forget_ns:
            # A way that begins on the threshold begins on the side where it was first seen.
            sides = [1 if line.place(x_m, y_m)[0] > 0 else -1 for line in self._lines]
            passage = Passage(now_ns, x_m, y_m, sides, [False] * len(sides))
            self._passages[number] = passage
        bits = 0
        for index, line in enumerate(self._lines):
            bits |= _step(line, passage, index, x_m, y_m) << (2 * index)
        passage.last_ns, passage.x_m, passage.y_m = now_ns, x_m, y_m
        return bits

    def forget(self, now_ns: int) -> None:
        """Let go of who has not been seen for longer than ``forget_s``."""
        gone = [
            number
            for number, passage in self._passages.items()
            if now_ns - passage.last_ns > self._forget_ns
        ]
        for number in gone:
            del self._passages[number]

    def clear(self) -> None:
        """Forget everybody: what was before must not decide what is told from now on."""
        self._passages.clear()


def _line(x1_m: float, y1_m: float, x2_m: float, y2_m: float) -> _Line:
    length = math.hypot(x2_m - x1_m, y2_m - y1_m)
    return _Line(x1_m, y1_m, (x2_m - x1_m) / length, (y2_m - y1_m) / length, length)


def _step(line: _Line, passage: Passage, index: int, x_m: float, y_m: float) -> int:
    """Bits of one line with one sample: 1 crossed to its left, 2 to its right, 0 not."""
    before, along_before = line.place(passage.x_m, passage.y_m)
    now, along = line.place(x_m, y_m)
    if (before >= 0) != (now >= 0):
        at = along_before + (along - along_before) * before / (before - now)
        passage.through[index] = 0 <= at <= line.length
    if abs(now) < BAND_M:
        return 0
    side, was = (1 if now > 0 else -1), passage.sides[index]
    passage.sides[index] = side
    if side == was or not passage.through[index]:
        return 0
    return 1 if side > 0 else 2
