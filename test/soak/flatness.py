# SPDX-License-Identifier: Apache-2.0
"""Whether a figure of a process stays where it is: its slope over time, with an interval.

Neighbouring samples of memory are anything but independent. So the slope is fitted to the means of
a few long blocks, and its interval is Student's of that regression.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

BLOCKS = 12
_T_975 = 2.228
"""Student's 97.5 % quantile for ``BLOCKS`` - 2 degrees of freedom."""


@dataclass(frozen=True)
class Slope:
    """Growth per hour, with the ends of its 95 % interval, and the median of the figure."""

    per_h: float
    low: float
    high: float
    median: float

    def __str__(self) -> str:
        return f"{self.median:.1f}, {self.per_h:+.1f} an hour ({self.low:+.1f} to {self.high:+.1f})"


@dataclass
class Samples:
    """A figure over time: seconds and values."""

    at_s: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, at_s: float, value: float) -> None:
        """One more."""
        self.at_s.append(at_s)
        self.values.append(value)

    def slope(self) -> Slope:
        """The growth of the latter two thirds: what a process takes once is in the first."""
        first = len(self.values) // 3
        at_h = np.array(self.at_s[first:]) / 3600.0
        values = np.array(self.values[first:])
        if len(values) < 2 * BLOCKS:
            raise ValueError(f"{len(values)} samples are too few for a slope")
        x = np.array([block.mean() for block in np.array_split(at_h, BLOCKS)])
        y = np.array([block.mean() for block in np.array_split(values, BLOCKS)])
        spread = ((x - x.mean()) ** 2).sum()
        per_h = ((x - x.mean()) * (y - y.mean())).sum() / spread
        rest = y - y.mean() - per_h * (x - x.mean())
        error = math.sqrt((rest**2).sum() / (BLOCKS - 2) / spread)
        low, high = per_h - _T_975 * error, per_h + _T_975 * error
        return Slope(float(per_h), float(low), float(high), float(np.median(values)))


class Watched:
    """Memory and descriptors of one process that nobody ends."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        self.memory_mb = Samples()
        self.descriptors = Samples()

    def sample(self, at_s: float) -> None:
        """Read them now."""
        pages = int((self._folder / "statm").read_text().split()[1])
        self.memory_mb.add(at_s, pages * 4096 / 1e6)
        self.descriptors.add(at_s, len(list((self._folder / "fd").iterdir())))
