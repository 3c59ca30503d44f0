# SPDX-License-Identifier: Apache-2.0
"""What really happened, where it is known: to draw beside what was released, never to release."""

import csv
import itertools
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from privcv_core.errors import SettingsError
from privcv_core.files.input_file import read_input

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Who was where: arrays (n,) of one length, an entry per person and frame."""

    t_s: Floats  # since the first frame
    id: NDArray[np.int64]
    x_m: Floats
    y_m: Floats

    def occupancy(self, polygon_m: Floats, start_s: float, length_s: float) -> int:
        """How many people were in the polygon (n, 2) at any time of the window."""
        return len(np.unique(self.id[self._inside(polygon_m, start_s, length_s)]))

    def dwell(self, polygon_m: Floats, bounds_s: tuple[float, ...]) -> tuple[int, ...]:
        """How many people stayed in the polygon for less than each bound, and longer than all."""
        inside = self._inside(polygon_m, 0.0, float("inf"))
        stays = [
            float(np.ptp(self.t_s[inside & (self.id == person)]))
            for person in np.unique(self.id[inside])
        ]
        edges = [0.0, *bounds_s, float("inf")]
        return tuple(
            sum(low <= stay < high for stay in stays) for low, high in itertools.pairwise(edges)
        )

    def _inside(self, polygon_m: Floats, start_s: float, length_s: float) -> NDArray[np.bool_]:
        import shapely

        during = (self.t_s >= start_s) & (self.t_s < start_s + length_s)
        area = shapely.Polygon(polygon_m)
        there: NDArray[np.bool_] = shapely.contains_xy(area, self.x_m, self.y_m)
        return during & there


def read_truth_csv(path: Path) -> Truth:
    """The truth of a rendered scene: columns ``t_s,id,x_m,y_m``."""
    try:
        rows = list(csv.DictReader(read_input(path).decode().splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        words = getattr(error, "strerror", None) or error
        raise SettingsError(f"{path}: cannot be read as a table: {words}") from error
    try:
        return Truth(
            np.array([float(row["t_s"]) for row in rows]),
            np.array([int(row["id"]) for row in rows], dtype=np.int64),
            np.array([float(row["x_m"]) for row in rows]),
            np.array([float(row["y_m"]) for row in rows]),
        )
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{path}: needs the columns t_s,id,x_m,y_m: {error}") from error


def read_truth_boxes(path: Path, fps: float, to_floor: Callable[[Floats], Floats]) -> Truth:
    """Annotated boxes (``<frame number><object id><box h w xc yc>``) to places on the floor.

    ``to_floor`` maps foot points (n, 2) px to (n, 2) m.
    """
    times: list[float] = []
    ids: list[int] = []
    feet: list[tuple[float, float]] = []
    root = ElementTree.fromstring(read_input(path))  # noqa: S314 - a local data set
    for frame in root.iter("frame"):
        for person in frame.iter("object"):
            box: Mapping[str, str] = next(person.iter("box")).attrib
            times.append(int(frame.attrib["number"]) / fps)
            ids.append(int(person.attrib["id"]))
            feet.append((float(box["xc"]), float(box["yc"]) + float(box["h"]) / 2))
    places = to_floor(np.array(feet))
    return Truth(np.array(times), np.array(ids, dtype=np.int64), places[:, 0], places[:, 1])
