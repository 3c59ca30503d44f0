# SPDX-License-Identifier: Apache-2.0
"""Do entries, exits and presence from pixels say what was rendered? Prints a table.

    .venv/bin/python test/benchmarks/rendered_doors.py            (all scenes: ten minutes)
    .venv/bin/python test/benchmarks/rendered_doors.py NAME...    (only those)

A line lies before each door of a scene, where the camera sees it, and a zone fills the room between
them. The built-in detector, the tracker, the anonymizer and the aggregation are the product's, each
with its defaults and without noise; the truth is the way that was rendered.

How far from its door a line lies decides. So that it is not chosen on the scene that it is judged
by, it is the distance that is best over all other scenes.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
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
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.measurement.no_noise import NoNoise
from privcv_privacy.measurement.tracked_frames import TrackedFrame, anonymous_ticks
from privcv_privacy.settings import PrivacySettings

OUT = Path(__file__).resolve().parents[2] / "out" / "doors"
ORIGIN_S = 1_600_041_600
STEP_S = 0.1
DISTANCES_M = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)  # from the wall of a door to its line
PRIVACY = PrivacySettings.model_validate(
    {"release": ["presence", "entries"], "k": 1, "window_s": 120, "dwell_period_s": 120,
     "presence_cap_s": 120, "max_crossings": 64, "min_coverage": 0.0}
)  # fmt: skip


Ways = npt.NDArray[np.int64]
"""In: true, counted; out: true, counted."""


def main() -> None:
    names = [name for name in SCENES if not sys.argv[1:] or name in sys.argv[1:]]
    found: dict[str, list[Ways]] = {}
    presence = [
        "| scene | people on average, true | counted | ratio |",
        "| --- | --- | --- | --- |",
    ]
    print("| scene |", " | ".join(f"{m:g} m" for m in DISTANCES_M), "|")
    print("| --- |" + " --- |" * len(DISTANCES_M))
    for name in names:
        scene, room = SCENES[name], inner_room(SCENES[name].room)
        frames = tracked(name, scene)
        found[name] = [ways_of(scene, frames, room, inside_m) for inside_m in DISTANCES_M]
        print(f"| {name} |", " | ".join(map(said, found[name])), "|", flush=True)
        seen = person_seconds(scene, room) / (scene.duration_s - TICK_S)
        people = counted(frames, {}, room)[1]
        presence.append(f"| {name} | {seen:.2f} | {people:.2f} | {people / seen:.3f} |")
    print(
        "| all |", " | ".join(said(sum_at(found, names, i)) for i in range(len(DISTANCES_M))), "|"
    )
    print("\n| scene left out | distance best on the others | in and out there |")
    print("| --- | --- | --- |")
    held_out = np.zeros(4, dtype=np.int64)
    for name in names if len(names) > 1 else []:
        others = [one for one in names if one != name]
        best = min(range(len(DISTANCES_M)), key=lambda i: off(sum_at(found, others, i)))
        held_out += found[name][best]
        print(f"| {name} | {DISTANCES_M[best]:g} m | {said(found[name][best])} |")
    print(f"| all | | {said(held_out)} |\n")
    print("\n".join(presence))


def ways_of(
    scene: Scene, frames: Sequence[TrackedFrame], room: ZoneSettings, inside_m: float
) -> Ways:
    """Over all doors of a scene, with lines so far from them."""
    lines = doors(scene, inside_m)
    told, _ = counted(frames, lines, room)
    ways = np.zeros(4, dtype=np.int64)
    for door, line in lines.items():
        into, out = crossings(scene.walkers(), line)
        ways += (into, told[door, "entries"], out, told[door, "exits"])
    return ways


def sum_at(found: dict[str, list[Ways]], names: Sequence[str], index: int) -> Ways:
    total: Ways = np.sum([found[name][index] for name in names], axis=0)
    return total


def off(ways: Ways) -> float:
    """The larger of the errors of both ways, share of the truth."""
    return float(max(abs(ways[1] / max(ways[0], 1) - 1), abs(ways[3] / max(ways[2], 1) - 1)))


def said(ways: Ways) -> str:
    return ", ".join(
        f"{counted} of {true} ({counted / true:.2f})" if true else "none"
        for true, counted in (ways[:2], ways[2:])
    )


def doors(scene: Scene, inside_m: float) -> dict[str, LineSettings]:
    """A line before each door whose ends and middle are seen, its left towards the room."""
    (left, right), (near, far) = scene.room.x_m, scene.room.y_m
    ends = {
        "west": (left + inside_m, far, left + inside_m, near),
        "east": (right - inside_m, near, right - inside_m, far),
        "near": (left, near + inside_m, right, near + inside_m),
        "far": (right, far - inside_m, left, far - inside_m),
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
    """Time that people truly were in ``room``, s, to a tenth, while presence looked: each of its
    moments stands for half a tick before and after."""
    area = Polygon(np.reshape(room.polygon_m, (-1, 2)))
    times = np.arange(TICK_S / 2, scene.duration_s - TICK_S / 2, STEP_S)
    places = (walker.at(time) for walker in scene.walkers() for time in times.tolist())
    return STEP_S * sum(
        bool(area.contains(Point(place[:2]))) for place in places if place is not None
    )


if __name__ == "__main__":
    main()
