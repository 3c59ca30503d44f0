# SPDX-License-Identifier: Apache-2.0
"""Is the forecast of ``privcv plan`` true? Writes the table of docs/benchmarks/plan.md.

    .venv/bin/python test/benchmarks/plan.py            (everything: some minutes)
    .venv/bin/python test/benchmarks/plan.py NAME...    (only those, printed)

Forecast: visits drawn from what a recording says of its traffic. Measured: the recording itself
through the real anonymizer, aggregator, noise and filter, ``privcv evaluate totals``, against what
the tracks say. Of rendered scenes the tracks are those of detector and tracker, so that it is the
error of noise, bound and filter that is forecast; what perception adds is in totals.md.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from rendered_scenes import SCENES

from privcv_bringup.evaluation.evaluate import Question
from privcv_bringup.evaluation.recording import perceive_recording
from privcv_bringup.plan.plan import traffic_of
from privcv_bringup.scene.render import write_scene
from privcv_core.settings.model import data_folder
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.measurement.planning.forecast import visitors
from privcv_privacy.measurement.totals import CAMERA, Windows, evaluate_totals
from privcv_privacy.measurement.tracked_frames import TrackedFrame, frames_of, trajectories_of
from privcv_privacy.measurement.trajectories import load_trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout, read_layout
from privcv_site.camera_file import load_camera

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks" / "plan.md"
OUT = ROOT / "out" / "plan"
SEEDS, WINDOWS_OF_ALL = 20, 480
"""Draws of noise, more of few windows."""
BEGIN, END = "<!-- begin plan -->", "<!-- end plan -->"

# Zones, window s, bound M, epsilon.
Case = tuple[str, int, int, float]
OF_ETH: tuple[Case, ...] = (
    ("3x2", 60, 3, 1.0), ("3x2", 120, 3, 0.5), ("4m", 60, 3, 1.0), ("3x2", 120, 1, 1.0),
    ("2x2", 120, 2, 2.0), ("12m", 60, 1, 1.0),
)  # fmt: skip
OF_EDINBURGH: tuple[Case, ...] = (
    ("3x2", 300, 3, 1.0), ("2x2", 900, 3, 1.0), ("2x2", 900, 2, 0.5), ("12m", 300, 1, 1.0),
    ("3x2", 3600, 3, 2.0),
)  # fmt: skip
OF_SCENES: tuple[Case, ...] = (("3x2", 30, 3, 1.0), ("2x2", 60, 2, 2.0), ("8m", 30, 3, 1.0))
RENDERED = ("lobby", "hall from above", "busy crossing")

Row = dict[str, Any]


def main() -> None:
    named = sys.argv[1:]
    rows: list[Row] = []
    for name, path, kind, cases in (
        ("ETH", "eth/obsmat.txt", "eth", OF_ETH),
        ("Edinburgh, 1 July", "edinburgh/tracks.01Jul.txt", "edinburgh", OF_EDINBURGH),
    ):
        if not named or name in named:
            tracks = load_trajectories(data_folder() / "data" / path, kind)
            tracks = replace(tracks, t_s=tracks.t_s - tracks.t_s[0])
            rows += compare(name, frames_of(tracks), float(tracks.t_s[-1]), cases)
    for name in RENDERED:
        if not named or name in named:
            rows += of_scene(name)
    text = table(rows)
    print(text)
    if not named:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def of_scene(name: str) -> list[Row]:
    """A rendered scene through the built-in detector and the tracker."""
    folder = OUT / name.replace(" ", "_")
    video = folder / "video.avi"
    if not (folder / "truth.csv").exists():
        video = write_scene(SCENES[name], folder)
    camera = load_camera(folder / "camera.yaml", "")
    seen = perceive_recording(video, camera, "", False, lambda: None)
    return compare(name, seen.frames, seen.length_s, OF_SCENES)


def compare(
    name: str, frames: list[TrackedFrame], length_s: float, cases: tuple[Case, ...]
) -> list[Row]:
    """Forecast and measured error of each case."""
    tracks = trajectories_of(frames)
    rows = []
    for zones, window_s, bound, epsilon in cases:
        layout = read_layout(zones, tracks.x_m, tracks.y_m)
        assert isinstance(layout, ZoneLayout)
        privacy = Question((zones,), window_s, "visit", bound).privacy(epsilon)
        windows = Windows.within(window_s, length_s)
        seeds = max(SEEDS, WINDOWS_OF_ALL // windows.count)
        found = evaluate_totals(
            frames, tracks, layout, windows, privacy, AnonymizationSettings(), (epsilon,), seeds
        )
        measured = 1 - found.noisy[0].accuracy
        whole_s = windows.count * window_s
        traffic = traffic_of(frames, zone_map(CAMERA, layout.zones), length_s, privacy, name)
        outlook, _ = visitors(traffic, privacy, windows.count)
        row = {
            "name": name, "zones": zones, "window": window_s, "bound": bound, "epsilon": epsilon,
            "windows": windows.count, "hours": whole_s / 3600, "mean": outlook.mean,
            "lost": outlook.lost, "forecast": outlook.error, "measured": measured,
        }  # fmt: skip
        print(row, flush=True)
        rows.append(row)
    return rows


def table(rows: list[Row]) -> str:
    lines = [
        "| recording | zones | window | M | ε | people in a window | left out by M | forecast "
        "| measured | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    ratios = [row["forecast"] / row["measured"] for row in rows]
    lines += [
        f"| {row['name']} | {row['zones']} | {row['window']} s | {row['bound']} "
        f"| {row['epsilon']:g} | {row['mean']:.1f} | {row['lost']:.0%} | {row['forecast']:.1%} "
        f"| {row['measured']:.1%} | {ratio:.2f} |"
        for row, ratio in zip(rows, ratios, strict=True)
    ]
    within = sum(abs(ratio - 1) <= 0.2 for ratio in ratios)
    lines += ["", f"{within} of {len(rows)} forecasts are within a fifth of what was measured; "
              f"ratios from {min(ratios):.2f} to {max(ratios):.2f}."]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
