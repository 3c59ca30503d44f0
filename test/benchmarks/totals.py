# SPDX-License-Identifier: Apache-2.0
"""Are totals true, from trajectories and from pixels? Writes docs/benchmarks/totals.md.

    .venv/bin/python test/benchmarks/totals.py            (everything: half an hour)
    .venv/bin/python test/benchmarks/totals.py NAME...    (only those, into out/totals)
    .venv/bin/python test/benchmarks/totals.py --keep     (what out/totals holds is not run again)

Every parameter is a default. The rendered scenes differ in shape, camera, crowd and ways; no
parameter was chosen on any of them, so each row is one of a scene that was left out.
"""

import csv
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pets import CALIBRATION, DETECTOR, FOLDER, IMAGE_SIZE, VIDEO
from rendered_scenes import SCENES

from privcv_bringup.evaluation.evaluate import Question, evaluate_recording, evaluate_tracks
from privcv_bringup.report.truth import read_truth_boxes
from privcv_bringup.scene.render import write_scene
from privcv_core.settings.model import data_folder
from privcv_perception.calibration.build import build_calibration

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks" / "totals.md"
OUT = ROOT / "out" / "totals"
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"

TRAJECTORIES = (
    ("ETH", "eth/obsmat.txt", "eth"),
    ("UCY zara01", "ucy/crowds_zara01.txt", "ucy"),
    ("UCY zara02", "ucy/crowds_zara02.txt", "ucy"),
    ("Edinburgh, 1 July", "edinburgh/tracks.01Jul.txt", "edinburgh"),
)
OF_TRAJECTORIES = Question(("2m", "4m", "8m", "12m"), 300, "visit", 3)
OF_PIXELS = Question(("2m", "4m", "8m"), 30, "visit", 3, epsilons=(1.0,), seeds=20)
PETS_FPS = 7.0
NETWORK, BUILTIN = "PETS 2009 S2.L1, YOLOX-nano", "PETS 2009 S2.L1, built-in"

Rows = list[dict[str, Any]]


def main() -> None:
    named = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    keep = "--keep" in sys.argv
    recordings = {
        **{name: partial(of_tracks, path, kind) for name, path, kind in TRAJECTORIES},
        **{name: partial(of_scene, name) for name in SCENES},
        NETWORK: partial(of_pets, {"kind": "onnx", "model": DETECTOR.model}),
        BUILTIN: partial(of_pets, {"kind": "builtin"}),
    }
    rows = {
        name: kept(name, keep, measure)
        for name, measure in recordings.items()
        if not named or name in named
    }
    if named:
        return
    tracks = {name: rows.pop(name) for name, _, _ in TRAJECTORIES}
    page = PAGE.read_text(encoding="utf-8")
    page = put(page, "trajectories", table_of_trajectories(tracks))
    page = put(page, "pixels", table_of_pixels(rows))
    PAGE.write_text(page, encoding="utf-8")


def kept(name: str, keep: bool, measure: Callable[[], Rows]) -> Rows:
    """The rows of one recording, from an earlier run where that is to be kept."""
    file = OUT / f"{name.replace(' ', '_').replace(',', '')}.json"
    if keep and file.exists():
        rows: Rows = json.loads(file.read_text(encoding="utf-8"))
        return rows
    rows = measure()
    OUT.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print(name, [(row["zones"], row["true"], row["counted"]) for row in rows], flush=True)
    return rows


def of_tracks(path: str, kind: str) -> Rows:
    """Perfect tracks."""
    return evaluate_tracks(data_folder() / "data" / path, kind, OF_TRAJECTORIES)


def of_scene(name: str) -> Rows:
    """A rendered scene through the built-in detector."""
    folder = OUT / name.replace(" ", "_")
    video = write_scene(SCENES[name], folder)
    return evaluate_recording(video, folder / "camera.yaml", "", folder / "truth.csv", OF_PIXELS)


def of_pets(detector: dict[str, str]) -> Rows:
    """The PETS clip; its truth are the annotated boxes, on the floor."""
    folder = OUT / "pets"
    folder.mkdir(parents=True, exist_ok=True)
    floor = build_calibration(CALIBRATION, IMAGE_SIZE)
    truth = read_truth_boxes(FOLDER / "ground_truth.xml", PETS_FPS, floor.to_floor)
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["t_s", "id", "x_m", "y_m"])
        rows.writerows(zip(truth.t_s, truth.id, truth.x_m, truth.y_m, strict=True))
    camera = {
        "source": {"kind": "file", "uri": str(VIDEO), "fps": PETS_FPS},
        "detector": detector,
        "calibration": {"kind": "tsai", "tsai_file": str(CALIBRATION.tsai_file)},
    }
    (folder / "camera.yaml").write_text(yaml.safe_dump(camera), encoding="utf-8")
    return evaluate_recording(VIDEO, folder / "camera.yaml", "", folder / "truth.csv", OF_PIXELS)


def table_of_trajectories(found: dict[str, Rows]) -> str:
    lines = [
        "| trajectories | zones | windows | true | counted | ratio | accuracy | lost to bound |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {row['zones']} | {row['windows']} | {row['true']} | {row['counted']} "
        f"| {row['ratio']:.3f} | {row['accuracy']:.3f} | {row['lost_to_bound']} |"
        for name, rows in found.items()
        for row in rows
    ]
    return "\n".join(lines)


def table_of_pixels(found: dict[str, Rows]) -> str:
    lines = [
        "| recording | zones | true | counted | error | no box | no track | twice | nobody "
        "| elsewhere | ticks | bound | ε = 1: intervals that hold |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    errors: dict[str, list[float]] = {}
    holds: dict[str, list[float]] = {}
    for name, rows in found.items():
        for row in rows:
            stages, noise = row["stages"], row["noise"][0]
            tracker, ticks = stages["tracker"], stages["ticks_and_cells"]
            error = row["ratio"] - 1
            if name != BUILTIN:
                errors.setdefault(row["zones"], []).append(error)
                holds.setdefault(row["zones"], []).append(noise["interval_coverage"])
            lines.append(
                f"| {name} | {row['zones']} | {row['true']} | {row['counted']} | {error:+.1%} "
                f"| {stages['detector']['lost']} | {tracker['lost']} | {tracker['fragments']} "
                f"| {tracker['ghosts']} | {tracker['misplaced']} "
                f"| {ticks['invented'] - ticks['lost']:+d} | {row['lost_to_bound']} "
                f"| {noise['interval_coverage']:.0%} |"
            )
    lines.append("")
    for zones, values in errors.items():
        lines.append(
            f"- {zones}: mean signed error {np.mean(values):+.1%} (from {min(values):+.1%} to "
            f"{max(values):+.1%}), intervals that hold {np.mean(holds[zones]):.0%}"
        )
    return "\n".join(lines)


def put(page: str, name: str, text: str) -> str:
    """``page`` with ``text`` between the marks of ``name``."""
    begin, end = BEGIN.format(name), END.format(name)
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{text}\n{end}{after}"


if __name__ == "__main__":
    main()
