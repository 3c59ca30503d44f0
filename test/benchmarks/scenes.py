# SPDX-License-Identifier: Apache-2.0
"""Unique ids over true people in scenes that chose nothing; writes docs/benchmarks/scenes.md.

    make bench-scenes                                            (all: half an hour at first)
    .venv/bin/python test/benchmarks/scenes.py --only NAME...    (those only, writes no page)
    .venv/bin/python test/benchmarks/scenes.py --constants       (leave one scene out, too)

What the detectors find is kept in out/scenes: after a change of the tracker alone a run takes a
minute, after one of a detector that folder has to go.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from pets import CALIBRATION, DETECTOR, VIDEO, ground_truth
from scene_constants import Constant, constants_table
from scene_detections import Found, Image, found_in, frames_of
from scene_scores import GROUPS, Score, score_boxes, score_groups
from scenes_without_people import FPS, WITHOUT_PEOPLE
from tracking_scores import Frame
from varied_scenes import VARIED, VariedScene

from privcv_core.settings.model import data_folder
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker
from privcv_perception.tracking.tracks import Tracks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "scenes.md"
INDOOR = data_folder() / "data" / "indoor"
DETECTORS = {"YOLOX-nano": DETECTOR, "built-in": DetectorSettings(kind="builtin")}
NONE = CalibrationSettings()


@dataclass(frozen=True)
class Recording:
    """One scene: its frames, what is known of its camera, and how tracks of it are scored."""

    frames: Callable[[], Iterable[Image]]
    fps: float
    calibration: CalibrationSettings
    score: Callable[[list[Tracks]], Score]


def main() -> None:
    only = sys.argv[2:] if sys.argv[1:2] == ["--only"] else []
    recordings = {name: one for name, one in all_recordings().items() if not only or name in only}
    found = {
        (detector, name): found_in(name, one.frames, one.fps, settings, one.calibration)
        for name, one in recordings.items()
        for detector, settings in DETECTORS.items()
    }
    text = people_table(recordings, found) + "\n\n" + empty_table(found, only)
    if "--constants" in sys.argv:
        text += "\n\n" + constants_table(
            {
                (detector, name): partial(scored_with, detector, name, recordings[name], boxes)
                for (detector, name), boxes in found.items()
            }
        )
    print(text)
    if not only:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- begin -->")
        after = rest.partition("<!-- end -->")[2]
        PAGE.write_text(f"{before}<!-- begin -->\n{text}\n<!-- end -->{after}", encoding="utf-8")


def all_recordings() -> dict[str, Recording]:
    """Rendered scenes and every real clip with people."""
    rendered = {
        name: Recording(
            scene.frames, scene.fps, surveyed(scene), partial(score_boxes, scene.truth())
        )
        for name, scene in VARIED.items()
    }
    truth: list[Frame] = ground_truth()
    real = {
        "PETS 2009 S2.L1": Recording(
            partial(frames_of, VIDEO), 10.0, CALIBRATION, partial(score_boxes, truth)
        ),
        **{
            name: Recording(
                partial(frames_of, INDOOR / name), fps, NONE, partial(score_groups, groups)
            )
            for name, (fps, groups) in GROUPS.items()
        },
    }
    return rendered | real


def surveyed(scene: VariedScene) -> CalibrationSettings:
    """The marks of a rendered scene; none behind a lens that a homography cannot follow."""
    if scene.barrel:
        return NONE
    points = scene.camera.floor_points(scene.room.x_m, scene.room.y_m)
    return CalibrationSettings.model_validate({"kind": "homography", **points})


def scored(recording: Recording, found: Found, settings: TrackerSettings) -> Score:
    """Tracks of the boxes that were found, scored."""
    size, people, _ = found
    tracker = FloorTracker(settings, build_calibration(recording.calibration, size), size)
    tracks = [
        final
        for index, boxes in enumerate(people)
        for final in tracker.update(boxes, index / recording.fps, index)
    ]
    return recording.score([*tracks, *tracker.flush()])


def scored_with(
    detector: str, name: str, recording: Recording, found: Found, tried: Constant, value: float
) -> Score:
    """The same, with a constant set; one of the looks makes the network look again."""
    with tried.set_to(value) as settings:
        if tried.of_looks and value != tried.default and detector != "built-in":
            again = f"{name} {tried.name} {value:g}"
            looks, calibration = DETECTORS[detector], recording.calibration
            found = found_in(again, recording.frames, recording.fps, looks, calibration)
        return scored(recording, found, settings)


def people_table(recordings: dict[str, Recording], found: dict[tuple[str, str], Found]) -> str:
    lines = [
        "| scene | people | "
        + " | ".join(f"{name}: ids | ratio | never found" for name in DETECTORS)
        + " |",
        "| --- | --- |" + " --- | --- | --- |" * len(DETECTORS),
    ]
    ratios: dict[str, list[float]] = {detector: [] for detector in DETECTORS}
    missed = dict.fromkeys(DETECTORS, 0)
    everybody = 0
    for name, recording in recordings.items():
        cells = []
        for detector in DETECTORS:
            one = scored(recording, found[detector, name], TrackerSettings())
            cells.append(f"{one.ids} | {one.ratio:.2f} | {one.never}")
            ratios[detector].append(one.ratio)
            missed[detector] += one.never
        everybody += one.people
        lines.append(f"| {name} | {one.people} | " + " | ".join(cells) + " |")
    means = [
        f"| | {np.mean(ratios[d]):.3f} | {missed[d] / max(everybody, 1):.1%}" for d in DETECTORS
    ]
    last = f"| **mean; share never found** | {everybody} " + " ".join(means) + " |"
    return "\n".join([*lines, last])


def empty_table(found: dict[tuple[str, str], Found], only: list[str]) -> str:
    """People that are found where nobody is, and what the built-in detector says there."""
    lines = [
        "| nobody there, but | YOLOX-nano: ids | built-in: ids | the built-in detector says |",
        "| --- | --- | --- | --- |",
    ]
    for name, frames in WITHOUT_PEOPLE.items():
        if only and name not in only:
            continue
        scene = Recording(frames, FPS, NONE, partial(score_groups, ()))
        seen = {d: found_in(name, frames, FPS, s, NONE) for d, s in DETECTORS.items()}
        ids = [scored(scene, each, TrackerSettings()).ids for each in seen.values()]
        lines.append(f"| {name} | {ids[0]} | {ids[1]} | {seen['built-in'][2] or '–'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
