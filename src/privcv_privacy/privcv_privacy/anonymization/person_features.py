# SPDX-License-Identifier: Apache-2.0
"""Features of one tracked person: a cell, a size class, a direction, out of one tick's frames."""

from dataclasses import dataclass

from privcv_privacy.anonymization.identities import Sighting
from privcv_privacy.anonymization.quantization import cell_of, direction_of, size_of


@dataclass
class TickSamples:
    """The frames of one person within one tick: the last place, sums of the rest.

    Nothing of it outlives the tick.
    """

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

    @property
    def sighting(self) -> Sighting:
        """The person's last cell, and the size by the mean width."""
        width_m = self.width_sum / self.widths if self.widths else 0.0
        return Sighting(*cell_of(self.x_m, self.y_m), size_of(width_m))

    @property
    def direction(self) -> int:
        """The person's direction, 0..8, by the mean velocity."""
        return direction_of(self.vx_sum / self.samples, self.vy_sum / self.samples)
