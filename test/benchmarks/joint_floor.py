# SPDX-License-Identifier: Apache-2.0
"""Is an overlap of two rendered cameras counted once? Writes docs/benchmarks/joint-floor.md.

    .venv/bin/python test/benchmarks/joint_floor.py            (two minutes of one core)
    .venv/bin/python test/benchmarks/joint_floor.py SCENE...   (only printed)

Two cameras on opposite walls see the same room and the same people. Each has a detector, a tracker
and identities of its own; their ticks are joined, and what is counted without noise is compared
with who was there. No zone lies across the border between what one and the other owns.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rendered_scenes import SCENES

from privcv_bringup.evaluation.recording import perceive_recording
from privcv_bringup.scene.render import Scene, write_scene
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.cell_ownership import FloorCamera
from privcv_privacy.aggregation.floor_settings import floor_of
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.measurement.no_noise import NoNoise
from privcv_privacy.measurement.tracked_frames import anonymous_ticks, frames_of
from privcv_privacy.measurement.trajectories import load_trajectories
from privcv_privacy.settings import BudgetShares, PrivacySettings
from privcv_site.camera_file import load_camera

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "test" / "support"))

from opposite_cameras import Opposite, write_in_common_frame  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks" / "joint-floor.md"
OUT = ROOT / "out" / "joint_floor"
NAMES = ("hall from above",)
WINDOW_S = 30
ORIGIN_S = 1_600_041_600 // 3600 * 3600
PRIVACY = PrivacySettings(
    window_s=WINDOW_S, max_cells=64, k=1, shares=BudgetShares(counts=1, dwell=0, bias=0)
)


def main() -> None:
    named = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    sources = [seen_by, tracked_by]["--tracks" in sys.argv :]  # --tracks: no pixels, a minute
    rows = [measured(name, source) for name in named or NAMES for source in sources]
    lines = [
        "| scene, of | in zones and windows | joint floor | ratio | both cameras added up | near "
        "camera alone | far one |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *("| " + " | ".join(map(str, row)) + " |" for row in rows),
    ]
    print("\n".join(lines))
    if not named:
        page = PAGE.read_text(encoding="utf-8")
        begin, end = "<!-- begin table -->\n", "<!-- end table -->"
        head, tail = page.split(begin)[0], page.split(end)[1]
        PAGE.write_text(head + begin + "\n".join(lines) + "\n" + end + tail, encoding="utf-8")


def measured(name: str, source: Callable[[Scene, str], list[AnonymousTick]]) -> list[Any]:
    near = SCENES[name]
    far = Opposite(**vars(near))
    zones = zones_of(near)
    ticks = {side: source(scene, f"{name} {side}") for side, scene in
             (("near", near), ("far", far))}  # fmt: skip
    true = len(people_in(near, zones))
    middle = sum(near.room.y_m)
    cameras = {"near": FloorCamera(at_m=[0, 0]), "far": FloorCamera(at_m=[0, middle])}
    floor = floor_of("hall", zones, cameras, {"near": (), "far": ()})
    joint = Aggregator(PRIVACY, {}, MemoryLedger(), noise=NoNoise, floors={"hall": floor})
    counted = total(joint, ticks)
    alone = {}
    for side in ticks:
        one = Aggregator(PRIVACY, {side: zone_map(side, zones)}, MemoryLedger(), noise=NoNoise)
        alone[side] = total(one, {side: ticks[side]})
    return [
        f"{name}, {'pixels' if source is seen_by else 'perfect tracks'}",
        true, counted, f"{counted / true:.3f}",
        sum(alone.values()), alone["near"], alone["far"],
    ]  # fmt: skip


def zones_of(scene: Scene) -> dict[str, ZoneSettings]:
    """Four zones in the middle of the room, which both cameras see: two on each side of the
    border. Nearer to its walls a camera does not see the whole width."""
    (left, right), (near, far) = scene.room.x_m, scene.room.y_m
    border = (near + far) / 2
    width, depth = np.floor(min(-left, right) * 2 / 3), np.floor((far - near) / 2)
    return {
        f"{column}_{row}": ZoneSettings(polygon_m=[x0, y0, x1, y0, x1, y1, x0, y1])
        for column, x0, x1 in (("west", -width, 0.0), ("east", 0.0, width))
        for row, y0, y1 in (("front", border - depth, border), ("back", border, border + depth))
    }


def seen_by(scene: Scene, name: str) -> list[AnonymousTick]:
    """The ticks of one camera, in the common frame: that of the near one."""
    folder = OUT / name.replace(" ", "_")
    video, camera = write_in_common_frame(scene, folder)
    common = folder / "common.yaml"
    common.write_text(yaml.safe_dump(camera), encoding="utf-8")
    perceived = perceive_recording(video, load_camera(common), "", False, lambda: None)
    side = "far" if isinstance(scene, Opposite) else "near"
    return anonymous_ticks(perceived.frames, AnonymizationSettings(), PRIVACY, side, ORIGIN_S)


def tracked_by(scene: Scene, name: str) -> list[AnonymousTick]:
    """Likewise, of a detector and a tracker that lose nobody whom the camera sees."""
    folder = OUT / name.replace(" ", "_")
    write_scene(scene, folder)
    tracks = load_trajectories(folder / "truth.csv", "csv")
    if isinstance(scene, Opposite):
        x_m, y_m = -tracks.x_m, sum(scene.room.y_m) - tracks.y_m
        tracks = replace(tracks, x_m=x_m, y_m=y_m)
    begins_s = float(tracks.t_s[0])
    frames = [replace(one, t_s=one.t_s + begins_s) for one in frames_of(tracks)]
    side = "far" if isinstance(scene, Opposite) else "near"
    return anonymous_ticks(frames, AnonymizationSettings(), PRIVACY, side, ORIGIN_S)


def people_in(scene: Scene, zones: dict[str, ZoneSettings]) -> set[tuple[int, int, str]]:
    """Window, person and zone of everybody who truly was there, frame by frame."""
    found, people = set(), scene.walkers()
    for index in range(round(scene.duration_s * scene.fps)):
        time_s = index / scene.fps
        for walker in people:
            place = walker.at(time_s)
            for zone, settings in zones.items():
                x, y = settings.polygon_m[::2], settings.polygon_m[1::2]
                if place and min(x) <= place[0] < max(x) and min(y) <= place[1] < max(y):
                    found.add((int(time_s // WINDOW_S), walker.id, zone))
    return found


def total(device: Aggregator, ticks: dict[str, list[AnonymousTick]]) -> int:
    """All that was released of zones, without noise."""
    releases = []
    for tick in sorted((t for told in ticks.values() for t in told), key=lambda t: t.tick):
        releases += device.on_tick(tick)
    for side in ticks:
        releases += device.finish(side)
    return sum(
        report.occupancy for one in releases for report in one.read().zones
        if report.zone != "floor"
    )  # fmt: skip


if __name__ == "__main__":
    main()
