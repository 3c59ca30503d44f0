# SPDX-License-Identifier: Apache-2.0
"""Features of one tracked person out of one tick's frames: cells, a size class, a direction."""

from dataclasses import dataclass, field

from privcv_privacy.anonymization.identities import Cell, Sighting
from privcv_privacy.anonymization.quantization import cell_of, direction_of, size_of
from privcv_privacy.anonymous_tick import MAX_CELLS_EACH


@dataclass
class TickSamples:
    """The frames of one person within one tick: the cells, and sums of the rest.

    Nothing of it outlives the tick.
    """

    cells: dict[Cell, None] = field(default_factory=dict)  # in the order in which they were entered
    last: Cell = (0, 0)
    vx_sum: float = 0.0  # m/s
    vy_sum: float = 0.0
    width_sum: float = 0.0  # m
    widths: int = 0  # frames with a width
    samples: int = 0
    crossed: int = 0  # AnonymousTrack.crossed

    def add(self, x_m: float, y_m: float, vx_mps: float, vy_mps: float, width_m: float) -> None:
        """One more frame; ``width_m`` 0 or less: unknown."""
        self.last = cell_of(x_m, y_m)
        self.cells[self.last] = None
        self.vx_sum += vx_mps
        self.vy_sum += vy_mps
        self.samples += 1
        if width_m > 0:
            self.width_sum += width_m
            self.widths += 1

    def sighting(self, most: int = MAX_CELLS_EACH) -> Sighting:
        """The person's cells and the size by the mean width.

        ``most``: how many cells there may be, at least 1. The last one is always among them, the
        others are those that were entered first.
        """
        width_m = self.width_sum / self.widths if self.widths else 0.0
        cells = list(self.cells)
        if len(cells) > most:
            others = [cell for cell in cells if cell != self.last]
            cells = [*others[: most - 1], self.last]
        told = tuple(sorted(cells))
        return Sighting(told, told.index(self.last), size_of(width_m))

    @property
    def direction(self) -> int:
        """The person's direction, 0..8, by the mean velocity."""
        return direction_of(self.vx_sum / self.samples, self.vy_sum / self.samples)
