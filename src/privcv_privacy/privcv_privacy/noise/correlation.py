# SPDX-License-Identifier: Apache-2.0
"""Which bins of a camera vary together: what the filter of ``estimation`` may believe beforehand.

Made of the zones' places alone, which are public, so that it costs no privacy.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from privcv_privacy.histogram import BINS

Floats = npt.NDArray[np.float64]


class Variances(NamedTuple):
    """Of log levels: the part that bins share with each other, and their own."""

    camera: float
    zone: float
    direction: float
    lane: float  # a direction in the zones that lie one behind the other along it
    own: float


@dataclass(frozen=True)
class Structure:
    """The bins of ``zones`` zones. ``lanes``: (zones, bins, zones, bins), how much each two share
    a lane, from 0 to 1; a valid correlation."""

    zones: int
    bins: int
    lanes: Floats
    _made: dict[Variances, Floats] = field(default_factory=dict)

    def covariance(self, variances: Variances) -> Floats:
        """Covariance (zones * bins, zones * bins) of log levels. Not to be changed."""
        if variances not in self._made:
            size = self.zones * self.bins
            same_zone, same_bin = np.eye(self.zones), np.eye(self.bins)
            self._made[variances] = (
                variances.camera
                + variances.zone * np.kron(same_zone, np.ones((self.bins, self.bins)))
                + variances.direction * np.kron(np.ones((self.zones, self.zones)), same_bin)
                + variances.lane * self.lanes.reshape(size, size)
                + variances.own * np.eye(size)
            )
        return self._made[variances]


def unplaced(zones: int, bins: int) -> Structure:
    """Zones of which nobody knows where they lie."""
    return Structure(zones, bins, np.eye(zones * bins).reshape(zones, bins, zones, bins))


def placed(boxes_m: Floats) -> Structure:
    """The bins of zones that fill ``boxes_m`` (zones, 4): left, bottom, right, top, m.

    Who walks in a direction passes from zone to zone along it: zones beside each other across it
    see other people, those behind each other the same. Half a zone's width aside a lane's
    correlation has fallen to 1 / sqrt(e). Standing people share nothing with other zones.
    """
    zones = len(boxes_m)
    centres_m = (boxes_m[:, :2] + boxes_m[:, 2:]) / 2
    halves_m = (boxes_m[:, 2:] - boxes_m[:, :2]).mean(axis=0) / 2
    aside = (centres_m[:, None] - centres_m) / halves_m  # (zones, zones, 2)
    nearness = np.exp(-(aside**2) / 2)
    lanes = np.zeros((zones, BINS, zones, BINS))
    lanes[:, 0, :, 0] = np.eye(zones)
    for heading in range(1, BINS):
        across = heading % 2  # odd headings go along x, and lie beside each other in y
        lanes[:, heading, :, heading] = nearness[..., across]
    return Structure(zones, BINS, lanes)
