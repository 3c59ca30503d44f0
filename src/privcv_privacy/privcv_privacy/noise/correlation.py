# SPDX-License-Identifier: Apache-2.0
"""Prior correlation of the bins of a camera, for the filter of ``estimation``.

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
class BinCorrelation:
    """Which bins of ``zones`` zones vary together.

    ``lanes`` (zones, bins, zones, bins): how much each two share a lane, from 0 to 1; a valid
    correlation matrix.
    """

    zones: int
    bins: int
    lanes: Floats
    _covariances: dict[Variances, Floats] = field(default_factory=dict)

    def covariance(self, variances: Variances) -> Floats:
        """Covariance (zones * bins, zones * bins) of log levels. Not to be changed."""
        if variances not in self._covariances:
            size = self.zones * self.bins
            same_zone, same_bin = np.eye(self.zones), np.eye(self.bins)
            self._covariances[variances] = (
                variances.camera
                + variances.zone * np.kron(same_zone, np.ones((self.bins, self.bins)))
                + variances.direction * np.kron(np.ones((self.zones, self.zones)), same_bin)
                + variances.lane * self.lanes.reshape(size, size)
                + variances.own * np.eye(size)
            )
        return self._covariances[variances]


def correlation_of_totals(zones: int) -> BinCorrelation:
    """Correlation of zones whose people are not told apart by heading: one bin each, no lanes."""
    return BinCorrelation(zones, 1, np.eye(zones).reshape(zones, 1, zones, 1))


def correlation_of_zones(boxes_m: Floats) -> BinCorrelation:
    """Correlation of zones that fill ``boxes_m`` (zones, 4): left, bottom, right, top, m.

    Who walks in a direction passes from zone to zone along it: zones beside each other across it
    hold other people, those behind each other the same. Half a zone's width aside a lane's
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
    return BinCorrelation(zones, BINS, lanes)
