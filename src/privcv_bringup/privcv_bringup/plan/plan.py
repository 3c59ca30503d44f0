# SPDX-License-Identifier: Apache-2.0
"""A plan of one camera of a site: its traffic, what to expect of it, what to set."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from privcv_bringup.evaluation.recording import perceive_recording
from privcv_core.errors import SettingsError
from privcv_core.settings.hours import Hours
from privcv_perception.camera.offline import video_size
from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.measurement.planning.recommend import Recommendation, recommend
from privcv_privacy.measurement.planning.traffic import Traffic, assumed_traffic, recorded_traffic
from privcv_privacy.measurement.totals import CAMERA, ORIGIN_S
from privcv_privacy.measurement.tracked_frames import TrackedFrame, anonymous_ticks, frames_of
from privcv_privacy.measurement.trajectories import load_trajectories
from privcv_privacy.settings import PrivacySettings
from privcv_site.camera import CameraSite
from privcv_site.geometry import check_geometry
from privcv_site.site import Site, load_site

DEFAULT_HOURS = 12.0
LONG_RECORDING_H = 4.0
"""A recording of so many hours and more is taken for a day: its rates over time are kept."""


@dataclass(frozen=True)
class Recording:
    """A recording to take the traffic from: trajectories of ``format``, a video or a bag."""

    path: Path
    format: str = ""
    is_bag: bool = False
    topic: str = ""


@dataclass(frozen=True)
class PlanQuestion:
    """What is asked of a site."""

    camera: str = ""
    per_hour: float | None = None
    stay_s: float = 180.0
    zones_per_visit: float = 2.0
    hours: float | None = None
    target: float = 0.2
    recording: Recording | None = None


@dataclass(frozen=True)
class Plan:
    """What to expect and what to set."""

    site: str
    camera: str
    settings: PrivacySettings  # the site's own
    traffic: Traffic
    hours: float
    target: float
    found: Recommendation

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "site": self.site,
            "camera": self.camera,
            "traffic": {
                "source": self.traffic.source,
                "visits_per_hour": round(self.traffic.per_hour, 1),
                "time_in_zones_s": round(self.traffic.mean_s, 1),
                "zones_per_visit": round(self.traffic.cells_at, 2),
                "hours": self.hours,
            },
            "promise": {"unit": self.settings.unit, "epsilon": self.settings.epsilon},
            "recommended": self.found.privacy(),
            "expected": [_rounded(asdict(one)) for one in self.found.outlooks],
            "reasons": list(self.found.reasons),
            "choices": [
                {
                    "window_s": one.window_s,
                    "max_cells": one.max_cells,
                    **_rounded({"error": one.visitors.error, "lost": one.visitors.lost}),
                    **_rounded({"shown": one.visitors.shown, "flow_accuracy": one.flow}),
                }
                for one in self.found.choices
            ],
        }


def plan_site(path: Path, question: PlanQuestion) -> Plan:
    """Read a site file and plan one of its cameras. Raises ``PrivcvError``."""
    site = load_site(path)
    name, camera = _camera(site, path, question.camera)
    zones = zone_map(name, camera.zones)
    recorded_h = None
    where = f"{path}: cameras.{name}"
    check_geometry(camera, _known_size(camera), where)
    if question.recording is None:
        assert question.per_hour is not None
        traffic = assumed_traffic(
            zones, question.per_hour, question.stay_s, question.zones_per_visit
        )
    else:
        traffic, recorded_h = _recorded(site, camera, zones, question.recording, where)
        if question.per_hour is not None:
            traffic = replace(traffic, per_hour=question.per_hour)
    hours = question.hours or _hours_open(site) or DEFAULT_HOURS
    if recorded_h is not None and recorded_h >= LONG_RECORDING_H and question.hours is None:
        hours = min(recorded_h, 24.0)
    elif recorded_h is not None:
        traffic = replace(traffic, profile=(1.0,))
    found = recommend(traffic, site.privacy, hours, question.target, len(camera.lines))
    return Plan(site.site, name, site.privacy, traffic, hours, question.target, found)


def traffic_of(
    frames: list[TrackedFrame],
    zones: ZoneMap,
    length_s: float,
    privacy: PrivacySettings,
    source: str,
    anonymization: AnonymizationSettings | None = None,
) -> Traffic:
    """The traffic that the real anonymizer and zone map make of tracked ``frames``."""
    settings = anonymization or AnonymizationSettings()
    ticks = anonymous_ticks(frames, settings, privacy, CAMERA, ORIGIN_S)
    return recorded_traffic(ticks, zones, length_s, source)


def table(plan: Plan) -> None:
    """Print the plan for people, on standard error."""
    from rich.console import Console
    from rich.table import Table

    settings, console = plan.found.settings, Console(stderr=True)
    console.print(f"{plan.site}, camera {plan.camera}: {plan.traffic.source}", highlight=False)
    shown = Table("statistic", "a window's true value", "sd of noise", "error", "left out", "shown")
    for one in plan.found.outlooks:
        sd = "filtered" if one.sd != one.sd else f"{one.sd:.1f}"
        shown.add_row(
            one.statistic, f"{one.mean:.1f}", sd, f"{one.error:.0%}", f"{one.lost:.0%}",
            f"{one.shown:.0%}",
        )  # fmt: skip
    console.print(shown)
    console.print(f"unit {settings.unit}, epsilon {settings.epsilon:g}. Set:", highlight=False)
    console.print(yaml.safe_dump({"privacy": plan.found.privacy()}, sort_keys=False), end="")
    for reason in plan.found.reasons:
        console.print(f"- {reason}", highlight=False)


def _camera(site: Site, path: Path, wanted: str) -> tuple[str, CameraSite]:
    if not wanted and len(site.cameras) > 1:
        raise SettingsError(f"{path}: --name: choose one of {', '.join(site.cameras)}")
    name = wanted or next(iter(site.cameras))
    if name not in site.cameras:
        raise SettingsError(f"{path}: --name {name}: the cameras are {', '.join(site.cameras)}")
    return name, site.cameras[name]


def _known_size(camera: CameraSite) -> tuple[int, int] | None:
    """(width, height) of the camera's images, px, as far as it is known before it runs."""
    source, calibration = camera.source, camera.calibration
    if calibration.image_width_px and calibration.image_height_px:
        return calibration.image_width_px, calibration.image_height_px
    if source.width and source.height:
        return source.width, source.height
    video = Path(source.uri)
    return video_size(video) if source.kind == "file" and video.is_file() else None


def _recorded(
    site: Site, camera: CameraSite, zones: ZoneMap, recording: Recording, where: str
) -> tuple[Traffic, float]:
    """The traffic of a recording, and how long it is, h."""
    if recording.format:
        tracks = load_trajectories(recording.path, recording.format)
        tracks = replace(tracks, t_s=tracks.t_s - tracks.t_s[0])
        frames, length_s = frames_of(tracks), float(tracks.t_s[-1])
    else:
        seen = perceive_recording(
            recording.path, camera, recording.topic, recording.is_bag, lambda: None, where
        )
        frames, length_s = seen.frames, seen.length_s
    if length_s <= 0:
        raise SettingsError(f"{recording.path}: holds one moment only: give a longer recording")
    traffic = traffic_of(
        frames, zones, length_s, site.privacy, str(recording.path), camera.anonymization
    )
    return traffic, length_s / 3600


def _hours_open(site: Site) -> float | None:
    """For how long a site is open on the days on which it is; None: it says no hours."""
    if not site.opening_hours:
        return None
    open_h = sum(_length_h(hours) * len(set(hours.days)) for hours in site.opening_hours)
    days = {day for hours in site.opening_hours for day in hours.days}
    return min(open_h / len(days), 24.0)


def _length_h(hours: Hours) -> float:
    start, end = (int(clock[:2]) + int(clock[3:]) / 60 for clock in (hours.start, hours.end))
    return end - start if end > start else end - start + 24


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Floats to four places; what is not known (NaN) as None."""
    return {
        name: (None if one != one else round(one, 4)) if isinstance(one, float) else one
        for name, one in values.items()
    }
