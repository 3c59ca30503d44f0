# SPDX-License-Identifier: Apache-2.0
"""Released values beside the truth: does the report straddle it, and do its intervals hold it?"""

from collections.abc import Mapping
from dataclasses import dataclass

from privcv_bringup.report.released import Released

Cells = list[str]


@dataclass(frozen=True)
class Comparison:
    """Published occupancy of every zone and window, the floors included, beside the true count."""

    below: int  # values below the truth
    equal: int
    above: int
    held: int  # intervals that hold the truth
    rows: tuple[Cells, ...]  # window, zone, released, interval, truth: all as text

    @property
    def published(self) -> int:
        """Values that were released and whose truth is known."""
        return self.below + self.equal + self.above

    def facts(self) -> dict[str, str]:
        """For the tiles of the report."""
        return {
            "values below / at / above the truth": f"{self.below} / {self.equal} / {self.above}",
            "intervals that hold the truth": f"{self.held} of {self.published}",
        }


def compare(
    released: Released, camera: str, truth: Mapping[tuple[str, float], int]
) -> Comparison | None:
    """Compare what was published with ``truth``, by zone and start of the window, s.

    None where no truth is known.
    """
    below = equal = above = held = 0
    rows: list[Cells] = []
    for window in released.windows:
        count = truth.get((window.zone, window.window_start.timestamp()))
        if window.camera != camera or count is None:
            continue
        shown = ["suppressed", "", str(count)]
        if window.published:
            below += window.occupancy < count
            equal += window.occupancy == count
            above += window.occupancy > count
            held += window.occupancy_low <= count <= window.occupancy_high
            interval = f"{window.occupancy_low} to {window.occupancy_high}"
            shown = [str(window.occupancy), interval, str(count)]
        rows.append([f"{window.window_start:%H:%M:%S}", window.zone, *shown])
    return Comparison(below, equal, above, held, tuple(rows)) if rows else None
