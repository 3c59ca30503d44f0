# SPDX-License-Identifier: Apache-2.0
"""Released totals as charts need them, read from releases as the collector stores them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

FLOOR = "floor"
DIRECTIONS = ("standing", "+x", "+y", "-x", "-y")
DWELL_CLASSES = ("< 30 s", "30 to 120 s", "≥ 120 s")


@dataclass(frozen=True)
class WindowValue:
    """What one zone released for one window; the counts are 0 where it was suppressed."""

    camera: str
    zone: str
    start_s: float  # event time, s since the epoch
    length_s: float
    published: bool
    reason: str
    occupancy: int
    low: int
    high: int
    flow: tuple[int, ...]  # DIRECTIONS
    coverage: float
    epsilon: float
    unit: str


@dataclass(frozen=True)
class DwellValue:
    """How long people stayed in one zone during one period."""

    camera: str
    zone: str
    start_s: float
    length_s: float
    published: bool
    reason: str
    visits: tuple[int, ...]  # DWELL_CLASSES
    low: tuple[int, ...]
    high: tuple[int, ...]


@dataclass(frozen=True)
class Released:
    """Everything that was released, in order of time."""

    windows: tuple[WindowValue, ...]
    dwell: tuple[DwellValue, ...]

    def zones(self, camera: str) -> list[str]:
        """The zones of a camera, the floor last."""
        names = sorted({w.zone for w in self.windows if w.camera == camera} - {FLOOR})
        return [*names, *([FLOOR] if any(w.zone == FLOOR for w in self.windows) else [])]

    @property
    def cameras(self) -> list[str]:
        return sorted({window.camera for window in self.windows})

    def of(self, camera: str, zone: str) -> list[WindowValue]:
        return [w for w in self.windows if (w.camera, w.zone) == (camera, zone)]


def parse_releases(releases: Iterable[Mapping[str, Any]]) -> Released:
    """Releases in their JSON form (see ``ZoneReports``) to values; a repeated one counts once."""
    windows: dict[tuple[Any, ...], WindowValue] = {}
    dwell: dict[tuple[Any, ...], DwellValue] = {}
    for release in releases:
        for zone in release["zones"]:
            value = _window(zone)
            windows[value.camera, value.zone, value.start_s, value.length_s] = value
        for period in release["dwell"]:
            stay = _dwell(period)
            dwell[stay.camera, stay.zone, stay.start_s, stay.length_s] = stay
    return Released(
        tuple(sorted(windows.values(), key=lambda w: (w.start_s, w.zone))),
        tuple(sorted(dwell.values(), key=lambda d: (d.start_s, d.zone))),
    )


def parse_time(text: str) -> float:
    """RFC 3339 UTC to s since the epoch."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).timestamp()


def _window(zone: Mapping[str, Any]) -> WindowValue:
    return WindowValue(
        camera=zone["camera"],
        zone=zone["zone"],
        start_s=parse_time(zone["window_start"]),
        length_s=zone["window_s"],
        published=zone["status"] == "published",
        reason=zone["reason"],
        occupancy=zone["occupancy"],
        low=zone["occupancy_low"],
        high=zone["occupancy_high"],
        flow=tuple(zone["flow"]),
        coverage=zone["coverage"],
        epsilon=zone["epsilon"],
        unit=zone["unit"],
    )


def _dwell(period: Mapping[str, Any]) -> DwellValue:
    return DwellValue(
        camera=period["camera"],
        zone=period["zone"],
        start_s=parse_time(period["period_start"]),
        length_s=period["period_s"],
        published=period["status"] == "published",
        reason=period["reason"],
        visits=tuple(period["visits"]),
        low=tuple(period["visits_low"]),
        high=tuple(period["visits_high"]),
    )
