# SPDX-License-Identifier: Apache-2.0
"""Anonymous ticks for tests: who was in which cells."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick

Cell = tuple[int, int]


def tick_in_cells(
    camera: str,
    tick: int,
    people: Sequence[tuple[int, Sequence[Cell], int]],
    *,
    seen: int = 100,
    epoch_s: int = 0,
    generation: int = 0,
    crossed: Mapping[int, int] = MappingProxyType({}),
) -> AnonymousTick:
    """``people``: id, cells in the order in which they were entered, direction.

    ``crossed``: bits of the lines that they crossed, by id.
    """
    paths = [(sorted(set(path)), path[-1]) for _, path, _ in people]
    return AnonymousTick(
        camera=camera,
        tick=tick,
        tick_s=TICK_S,
        observed_percent=seen,
        ids=np.array([person[0] for person in people], dtype=np.uint64),
        cells=np.array([len(cells) for cells, _ in paths], dtype=np.uint8),
        last=np.array([cells.index(last) for cells, last in paths], dtype=np.uint8),
        cell_xy=np.array(
            [cell for cells, _ in paths for cell in cells], dtype=np.int16
        ).reshape(-1, 2),
        size=np.ones(len(people), dtype=np.uint8),
        direction=np.array([person[2] for person in people], dtype=np.uint8),
        crossed=np.array([crossed.get(person[0], 0) for person in people], dtype=np.uint32),
        epoch_s=epoch_s,
        generation=generation,
    )  # fmt: skip
