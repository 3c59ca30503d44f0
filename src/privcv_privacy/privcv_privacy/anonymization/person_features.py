# SPDX-License-Identifier: Apache-2.0
"""Features of one tracked person: a cell, a size class, a direction, out of a tick's frames."""

from dataclasses import dataclass, field

from privcv_privacy.anonymization.identities import Sighting
from privcv_privacy.anonymization.quantization import DirectionFilter, cell_of, size_of

WIDTH_GAIN = 0.3
"""Weight of a tick's mean width against that of the ticks before it: a moving average."""


@dataclass
class TickSamples:
    """The frames of one person within one tick: the last place, sums of the rest."""

    x_m: float = 0.0
    y_m: float = 0.0
    vx_sum: float = 0.0  # m/s
    vy_sum: float = 0.0
    width_sum: float = 0.0  # m
    widths: int = 0  # frames with a width
    samples: int = 0

    def add(self, x_m: float, y_m: float, vx_mps: float, vy_mps: float, width_m: float) -> None:
        """One more frame; ``width_m`` 0 or less: unknown."""
        self.x_m, self.y_m = x_m, y_m
        self.vx_sum += vx_mps
        self.vy_sum += vy_mps
        self.samples += 1
        if width_m > 0:
            self.width_sum += width_m
            self.widths += 1


@dataclass
class PersonFeatures:
    """What is remembered of one person from tick to tick, so that the features do not flicker."""

    last_ns: int  # start of the last tick with the person, ns of event time
    direction: DirectionFilter = field(default_factory=DirectionFilter)
    width_m: float = 0.0
    size: int = 0  # AnonymousTrack.SIZE_*

    def update(self, tick: TickSamples) -> tuple[Sighting, int]:
        """The person's cell and size, and direction (0..8), in the tick that has ended."""
        if tick.widths:
            width_m = tick.width_sum / tick.widths
            self.width_m += (width_m - self.width_m) * (WIDTH_GAIN if self.width_m else 1.0)
            self.size = size_of(self.width_m, self.size)
        direction = self.direction.update(tick.vx_sum / tick.samples, tick.vy_sum / tick.samples)
        return Sighting(*cell_of(tick.x_m, tick.y_m), self.size), direction
