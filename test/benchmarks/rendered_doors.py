# SPDX-License-Identifier: Apache-2.0
"""Do entries, exits and presence from pixels say what was rendered? Prints a table.

    .venv/bin/python test/benchmarks/rendered_doors.py            (all scenes: ten minutes)
    .venv/bin/python test/benchmarks/rendered_doors.py NAME...    (only those)

A line lies before each door of a scene, where the camera sees it, and a zone fills the room between
them. The built-in detector, the tracker, the anonymizer and the aggregation are the product's, each
with its defaults and without noise; the truth is the way that was rendered.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rendered_scenes import SCENES
from shapely import LineString, Point, Polygon

from privcv_bringup.evaluation.recording import perceive_recording
from privcv_bringup.scene.render import Scene, is_visible, write_scene
from privcv_bringup.scene.walkers import Room, Walker
from privcv_core.settings.model import load_settings
from privcv_perception.camera.settings import CameraSettings
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.measurement.no_noise import NoNoise
from privcv_privacy.measurement.tracked_frames import TrackedFrame, anonymous_ticks
from privcv_privacy.settings import PrivacySettings

OUT = Path(__file__).resolve().parents[2] / "out" / "doors"
ORIGIN_S = 1_600_041_600
STEP_S = 0.1
INSIDE_M = 1.5  # from the wall of a door to its line
PRIVACY = PrivacySettings.model_validate(
    {"release": ["presence", "entries"], "k": 1, "window_s": 120, "dwell_period_s": 120,
     "presence_cap_s": 120, "max_crossings": 64, "min_coverage": 0.0}
)  # fmt: skip


def main() -> None:
    print("| scene | door | in: true | counted | out: true | counted |")
    print("| --- | --- | --- | --- | --- | --- |")
    sums = np.zeros(4, dtype=int)
    presence: list[str] = []
    for name, scene in SCENES.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        lines, room = doors(scene), inner_room(scene.room)
        told, people = counted(tracked(name, scene), lines, room)
        truth = {door: crossings(scene.walkers(), lines[door]) for door in lines}
        for door in sorted(lines):
            row = (truth[door][0], told[door, "entries"], truth[door][1], told[door, "exits"])
            sums += row
            print(f"| {name} | {door} | {row[0]} | {row[1]} | {row[2]} | {row[3]} |", flush=True)
        seen = person_seconds(scene, room) / scene.duration_s
        presence.append(f"| {name} | {seen:.2f} | {people:.2f} | {people / seen:.3f} |")
    print(f"| all | | {sums[0]} | {sums[1]} ({sums[1] / sums[0]:.3f}) | {sums[2]} | ", end="")
    print(f"{sums[3]} ({sums[3] / sums[2]:.3f}) |\n")
    print("| scene | people on average, true | counted | ratio |", "| --- | --- | --- | --- |")
    print("\n".join(presence))


def doors(scene: Scene) -> dict[str, LineSettings]:
    """A line before each door whose ends and middle are seen, its left towards the room."""
    (left, right), (near, far) = scene.room.x_m, scene.room.y_m
    ends = {
        "west": (left + INSIDE_M, far, left + INSIDE_M, near),
        "east": (right - INSIDE_M, near, right - INSIDE_M, far),
        "near": (left, near + INSIDE_M, right, near + INSIDE_M),
        "far": (right, far - INSIDE_M, left, far - INSIDE_M),
    }
    return {
        door: LineSettings(ends_m=list(ends[door]))
        for door in scene.room.doors
        if all(is_visible(scene.camera, *place, 1.7) for place in _along(ends[door]))
    }


def _along(ends: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Where people go through: the middle three fifths of a line."""
    for share in (0.2, 0.5, 0.8):
        yield (ends[0] + share * (ends[2] - ends[0]), ends[1] + share * (ends[3] - ends[1]))


def inner_room(room: Room) -> ZoneSettings:
    """The room, 2 m from its walls, on the lattice of the cells."""
    (left, right), (near, far) = room.x_m, room.y_m
    x1, x2, y1, y2 = (round(2 * m) / 2 for m in (left + 1.0, right - 1.0, near + 2.0, far - 2.0))
    return ZoneSettings(polygon_m=[x1, y1, x2, y1, x2, y2, x1, y2])


def tracked(name: str, scene: Scene) -> list[TrackedFrame]:
    folder = OUT / name.replace(" ", "_")
    video = write_scene(scene, folder)
    camera = load_settings(CameraSettings, folder / "camera.yaml")
    return perceive_recording(video, camera, "", False, lambda: None).frames


def counted(
    frames: Sequence[TrackedFrame], lines: dict[str, LineSettings], room: ZoneSettings
) -> tuple[dict[tuple[str, str], int], float]:
    """Entries and exits of each line; the mean presence in ``room``."""
    settings = AnonymizationSettings()
    ticks: list[AnonymousTick] = anonymous_ticks(
        frames, settings, PRIVACY, "camera", ORIGIN_S, lines
    )
    zones = zone_map("camera", {"room": room}, lines=lines)
    device = Aggregator(PRIVACY, {"camera": zones}, MemoryLedger(), noise=NoNoise)
    releases = [release for tick in ticks for release in device.on_tick(tick)]
    releases += device.finish("camera")
    told: dict[tuple[str, str], int] = {}
    people = []
    for release in releases:
        for one in release.read().statistics:
            key = (one.place, one.statistic)
            told[key] = told.get(key, 0) + one.value
            if one.place == "room" and one.published:
                people.append(one.value / 1000)
    return told, float(np.mean(people[:1]))


def crossings(walkers: Sequence[Walker], line: LineSettings) -> tuple[int, int]:
    """Ways through a line to its left and to its right, by geometry."""
    x1, y1, x2, y2 = line.ends_m
    door = LineString([(x1, y1), (x2, y2)])
    ways = [0, 0]
    for walker in walkers:
        for *_, xa, ya, xb, yb in walker.legs:
            if (xa, ya) != (xb, yb) and door.crosses(LineString([(xa, ya), (xb, yb)])):
                left = (x2 - x1) * (yb - y1) - (y2 - y1) * (xb - x1) > 0
                ways[0 if left else 1] += 1
    return ways[0], ways[1]


def person_seconds(scene: Scene, room: ZoneSettings) -> float:
    """Time that people truly were in ``room``, s, to a tenth."""
    area = Polygon(np.reshape(room.polygon_m, (-1, 2)))
    times = np.arange(0, scene.duration_s, STEP_S)
    places = (walker.at(time) for walker in scene.walkers() for time in times.tolist())
    return STEP_S * sum(
        bool(area.contains(Point(place[:2]))) for place in places if place is not None
    )


if __name__ == "__main__":
    main()
