# SPDX-License-Identifier: Apache-2.0
"""Released totals as charts need them: the reports of a collector's API, sorted and looked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from privcv_core.protocol.release import DwellReport, ZoneReport

FLOOR = "floor"
DIRECTIONS = ("standing", "+x", "+y", "-x", "-y")
"""Of ``ZoneReport.flow``."""
DWELL_CLASSES = ("< 30 s", "30 to 120 s", "≥ 120 s")
"""Of ``DwellReport.visits``."""


@dataclass(frozen=True)
class Released:
    """Everything that was released, in order of time and zone."""

    windows: tuple[ZoneReport, ...]
    dwell: tuple[DwellReport, ...]

    def zones(self, camera: str) -> list[str]:
        """The zones of a camera, the floor last."""
        names = sorted({w.zone for w in self.windows if w.camera == camera} - {FLOOR})
        return [*names, *([FLOOR] if any(w.zone == FLOOR for w in self.windows) else [])]

    def of(self, camera: str, zone: str) -> list[ZoneReport]:
        """The windows of one zone."""
        return [w for w in self.windows if (w.camera, w.zone) == (camera, zone)]


def read_reports(
    zones: Iterable[Mapping[str, Any]], dwell: Iterable[Mapping[str, Any]]
) -> Released:
    """Reports as a collector's API gives them; a repeated one counts once.

    Raises pydantic's ``ValidationError`` for what is no report.
    """
    windows = {}
    for row in zones:
        window = ZoneReport.model_validate(_without_site(row))
        windows[window.camera, window.zone, window.window_start, window.window_s] = window
    periods = {}
    for row in dwell:
        period = DwellReport.model_validate(_without_site(row))
        periods[period.camera, period.zone, period.period_start, period.period_s] = period
    return Released(
        tuple(sorted(windows.values(), key=lambda w: (w.window_start, w.zone))),
        tuple(sorted(periods.values(), key=lambda p: (p.period_start, p.zone))),
    )


def _without_site(row: Mapping[str, Any]) -> dict[str, Any]:
    """The report itself: the collector adds whose it is, and its state."""
    return {name: value for name, value in row.items() if name not in ("site", "state")}
