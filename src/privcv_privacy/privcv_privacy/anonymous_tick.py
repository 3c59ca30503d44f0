# SPDX-License-Identifier: Apache-2.0
"""The anonymous tick: all that leaves the camera process, and how coarse it is.

The one place in Python where the constants of ``AnonymousTracks`` stand: who makes ticks and who
counts them read them here, so that they cannot disagree.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

TICK_S = 5
"""Length of a tick, s of event time: ``AnonymousTracks.TICK_S``."""

CELL_M = 0.5
"""Edge of a cell of the floor, m: ``AnonymousTracks.CELL_M``."""

MAX_PEOPLE = 256
"""The most people in one tick: ``AnonymousTracks.MAX``."""

MAX_CELLS_EACH = 32
"""The most cells of one person in one tick: ``AnonymousTracks.MAX_CELLS_EACH``."""

MAX_CELLS = 4096
"""The most cells of all people in one tick: ``AnonymousTracks.MAX_CELLS``."""

CELLS_FOR_SURE = MAX_CELLS // MAX_PEOPLE
"""So many cells everybody may have, however many people there are."""


@dataclass(frozen=True)
class AnonymousTick:
    """Everybody under one camera during one tick: the fields of ``AnonymousTracks``."""

    camera: str
    tick: int  # floor(event time / TICK_S), from the Unix epoch
    tick_s: int  # as the sender says; only ticks of TICK_S count
    observed_percent: int  # share of the tick with frames; 0 while silent
    ids: npt.NDArray[np.uint64]  # (n,) n <= MAX_PEOPLE
    cells: npt.NDArray[np.uint8]  # (n,) how many cells each was in, 1..MAX_CELLS_EACH
    last: npt.NDArray[np.uint8]  # (n,) which of its cells each was in last, from 0
    # (m, 2) floor(place / CELL_M), m = sum of cells <= MAX_CELLS: those of the first person, then
    # those of the next; of one person distinct, sorted by x, then y.
    cell_xy: npt.NDArray[np.int16]
    size: npt.NDArray[np.uint8]  # (n,) AnonymousTrack.SIZE_*
    direction: npt.NDArray[np.uint8]  # (n,) AnonymousTrack.DIRECTION_*
    crossed: npt.NDArray[np.uint32]  # (n,) AnonymousTrack.crossed
    epoch_s: int = 0  # how often every id is replaced, s; 0: an id lasts until a rotation
    generation: int = 0  # how often all identities were replaced on request

    @property
    def owner(self) -> npt.NDArray[np.intp]:
        """Whose each cell is (m,): an index of ``ids``."""
        return np.repeat(np.arange(len(self.ids)), self.cells)

    @property
    def last_cell(self) -> npt.NDArray[np.intp]:
        """Where in ``cell_xy`` each person's last cell is (n,)."""
        ends = np.cumsum(self.cells, dtype=np.intp)
        return ends - self.cells + self.last


def unobserved(tick: AnonymousTick) -> AnonymousTick:
    """``tick`` as if the camera had not looked: event time goes on, and the coverage tells."""
    return replace(
        tick,
        observed_percent=0,
        ids=tick.ids[:0],
        cells=tick.cells[:0],
        last=tick.last[:0],
        cell_xy=tick.cell_xy[:0],
        size=tick.size[:0],
        direction=tick.direction[:0],
        crossed=tick.crossed[:0],
    )
