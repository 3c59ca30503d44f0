# SPDX-License-Identifier: Apache-2.0
"""``privcv evaluate totals`` without its command line: from files to rows of figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from privcv_bringup.evaluation.recording import perceive_recording
from privcv_bringup.evaluation.stages import Matches, as_stages, facts, losses, match
from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_perception.calibration.build import checked_calibration
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.measurement.passages import evaluate_passages
from privcv_privacy.measurement.totals import Difference, Totals, Windows, evaluate_totals
from privcv_privacy.measurement.tracked_frames import LONGEST_STEP_S, TrackedFrame, frames_of
from privcv_privacy.measurement.trajectories import Trajectories, load_trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout, read_layout
from privcv_privacy.settings import PrivacySettings
from privcv_site.camera import CameraEntry
from privcv_site.camera_file import load_camera

LONGEST_PERIOD_S = 86_400


@dataclass(frozen=True)
class Question:
    """What is asked of a recording."""

    zones: tuple[str, ...]  # SIZEm, CxR or a file, a row each
    window_s: int
    unit: str
    max_cells: int
    epsilons: tuple[float, ...] = ()
    seeds: int = 20

    def privacy(self, epsilon: float = 1.0) -> PrivacySettings:
        """The product's settings for it; k is off, so that nobody is lost to it."""
        content = {
            "unit": self.unit,
            "window_s": self.window_s,
            "max_cells": self.max_cells,
            "k": 1,
            "epsilon": epsilon,
            "dwell_period_s": self.window_s * max(1, LONGEST_PERIOD_S // max(self.window_s, 1)),
        }
        return parse_settings(PrivacySettings, content, where="evaluate totals")


def evaluate_tracks(path: Path, format: str, question: Question) -> list[dict[str, Any]]:
    """A row for each layout of zones, of perfect tracks.

    Raises ``PrivcvError`` naming the file or option that is wrong.
    """
    privacy = _checked(question)
    tracks = load_trajectories(path, format)
    tracks = replace(tracks, t_s=tracks.t_s - tracks.t_s[0])
    layouts = [_layout(text, tracks) for text in question.zones]
    windows = Windows.within(question.window_s, _length_s(tracks))
    frames = frames_of(tracks)
    return [
        {
            **_row(_evaluate(frames, tracks, layout, windows, privacy, question), windows),
            **_passages(frames, tracks, layout, windows, privacy),
        }
        for layout in layouts
    ]


def evaluate_recording(
    recording: Path,
    camera_file: Path,
    name: str,
    truth_file: Path,
    question: Question,
    *,
    topic: str = "",
    is_bag: bool = False,
) -> list[dict[str, Any]]:
    """A row for each layout of zones, of a video or a bag, with what perception loses.

    Raises ``PrivcvError`` naming the file or option that is wrong.
    """
    privacy = _checked(question)
    camera = load_camera(camera_file, name)
    truth = load_trajectories(truth_file, "csv")
    layouts = [_layout(text, truth, name) for text in question.zones]
    perceived = perceive_recording(recording, camera, topic, is_bag, lambda: None, str(camera_file))
    matches = match(perceived, truth, checked_calibration(camera.calibration, perceived.size))
    windows = Windows.within(question.window_s, perceived.length_s)
    anonymization = (
        camera.anonymization if isinstance(camera, CameraEntry) else AnonymizationSettings()
    )
    return [
        {
            **_row(
                _evaluate(
                    perceived.frames, truth, layout, windows, privacy, question, anonymization
                ),
                windows,
                matches,
            ),
            **_passages(perceived.frames, truth, layout, windows, privacy, anonymization),
        }
        for layout in layouts
    ]


def table(rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows for people, on standard error."""
    from rich.console import Console
    from rich.table import Table

    shown = Table("zones", "true", "counted", "ratio", "accuracy", "lost to bound", "stages")
    for row in rows:
        stages = [
            f"{name.replace('_', ' ')}: "
            + ", ".join(f"{value} {key}" for key, value in values.items())
            for name, values in row["stages"].items()
            if any(values.values())
        ]
        shown.add_row(
            row["zones"], str(row["true"]), str(row["counted"]), f"{row['ratio']:.3f}",
            f"{row['accuracy']:.3f}", str(row["lost_to_bound"]), "; ".join(stages) or "nothing",
        )  # fmt: skip
    console = Console(stderr=True)
    console.print(shown)
    for row in rows:
        for one in row.get("passages", []) if Path(row["zones"]).is_file() else []:
            console.print(
                f"{row['zones']}, {one['statistic']} {one['place']}: {one['true']:.2f} true, "
                f"{one['counted']:.2f} counted",
                highlight=False,
            )
    for row in rows:
        for noise in row["noise"]:
            console.print(
                f"{row['zones']}, epsilon {noise['epsilon']:g}: accuracy {noise['accuracy']:.3f}, "
                f"signed error {noise['signed_error']:+.3f}, intervals that hold "
                f"{noise['interval_coverage']:.3f}, {noise['draws']} draws",
                highlight=False,
            )


def _checked(question: Question) -> PrivacySettings:
    if not question.zones:
        raise SettingsError("--zones: give at least one, such as 2m, 3x2 or a camera file")
    for epsilon in question.epsilons:
        question.privacy(epsilon)
    return question.privacy()


def _layout(text: str, truth: Trajectories, name: str = "") -> ZoneLayout:
    layout = read_layout(text, truth.x_m, truth.y_m)
    if layout is not None:
        return layout
    if not Path(text).is_file():
        raise SettingsError(
            f"--zones {text}: is no size such as 2m, no grid such as 3x2, and there is no such file"
        )
    camera = load_camera(Path(text), name)
    zones = camera.zones if isinstance(camera, CameraEntry) else {}
    if not zones:
        raise SettingsError(f"{text}: zones: holds none: give at least one with its polygon_m")
    lines = camera.lines if isinstance(camera, CameraEntry) else {}
    return ZoneLayout(text, zones, lines=lines)


def _length_s(tracks: Trajectories) -> float:
    """How long the samples last, s: the last one counts as long as others, a frame at most."""
    times = np.unique(tracks.t_s)
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return float(times[-1]) + min(step_s, LONGEST_STEP_S)


def _evaluate(
    frames: Sequence[TrackedFrame],
    truth: Trajectories,
    layout: ZoneLayout,
    windows: Windows,
    privacy: PrivacySettings,
    question: Question,
    anonymization: AnonymizationSettings | None = None,
) -> Totals:
    found = evaluate_totals(
        frames,
        truth,
        layout,
        windows,
        privacy,
        anonymization or AnonymizationSettings(),
        question.epsilons,
        question.seeds,
    )
    if not found.true.sum():
        raise SettingsError(
            f"--zones {layout.label}: nobody of the truth is in any of them during a whole window: "
            "are they on the same floor, in metres?"
        )
    return found


def _passages(
    frames: Sequence[TrackedFrame],
    truth: Trajectories,
    layout: ZoneLayout,
    windows: Windows,
    privacy: PrivacySettings,
    anonymization: AnonymizationSettings | None = None,
) -> dict[str, Any]:
    """What a row says of presence, and of the lines of a file's zones; windows of whole ticks."""
    if windows.length_s % TICK_S:
        return {}
    found = evaluate_passages(
        frames, truth, layout, windows, privacy, anonymization or AnonymizationSettings()
    )
    said = [
        {**asdict(one), "ratio": round(one.counted / one.true, 6) if one.true else None}
        for one in found
    ]
    return {"passages": said}


def _row(found: Totals, windows: Windows, matches: Matches | None = None) -> dict[str, Any]:
    """One row of the JSON; counts are of people, summed over zones and windows."""
    stages: dict[str, dict[str, int]] = {}
    if matches is not None:
        stages = as_stages(losses(matches, found.layout, windows))
    bound = Difference.between(found.counted, found.bounded)
    stages["ticks_and_cells"] = asdict(Difference.between(found.tracked, found.counted))
    stages["bound"] = asdict(bound)
    row: dict[str, Any] = {
        "zones": found.layout.label,
        "zone_size_m": found.layout.size_m,
        "windows": windows.count,
        "window_s": windows.length_s,
        "true": int(found.true.sum()),
        "counted": int(found.counted.sum()),
        "ratio": round(found.ratio, 6),
        "accuracy": round(found.accuracy, 6),
        "lost_to_bound": bound.lost,
        "stages": stages,
        "noise": [asdict(noisy) for noisy in found.noisy],
    }
    return row if matches is None else {**row, "perception": facts(matches)}
