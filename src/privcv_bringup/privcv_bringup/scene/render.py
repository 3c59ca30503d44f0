# SPDX-License-Identifier: Apache-2.0
"""Renders a scene to a video file, with its truth beside it."""

import csv
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.figure import draw_person
from privcv_bringup.scene.walkers import Room, Walker, populate
from privcv_core.errors import FileWriteError
from privcv_core.files.atomic_file import write_atomically

SENSOR_NOISE = 2.0  # standard deviation in grey levels


@dataclass(frozen=True)
class Scene:
    """What to render. ``seed`` decides the people and the sensor noise."""

    duration_s: float = 90.0
    fps: float = 10.0
    people_per_minute: float = 20.0
    seed: int = 1
    camera: VirtualCamera = field(default_factory=VirtualCamera)
    room: Room = field(default_factory=Room)

    def walkers(self) -> list[Walker]:
        return populate(self.duration_s, self.people_per_minute, self.seed, self.room)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Every frame, (height, width, 3) BGR."""
        noise = np.random.default_rng(self.seed)
        room = empty_room(self.camera, self.room)
        walkers = self.walkers()
        for index in range(round(self.duration_s * self.fps)):
            frame = room.copy()
            draw_people(frame, self.camera, walkers, index / self.fps)
            grain = noise.normal(0, SENSOR_NOISE, frame.shape[:2])[..., None]
            yield np.clip(frame + grain, 0, 255).astype(np.uint8)


def write_scene(scene: Scene, folder: Path) -> Path:
    """Write ``video.avi``, ``truth.csv`` (t_s,id,x_m,y_m per frame) and ``camera.yaml``.

    Returns the path of the video. Nothing is rendered where the same scene is there already.
    Raises ``FileWriteError``, also where a file of one of these names is of no scene.
    """
    video = folder / "video.avi"
    stamp = folder / "scene.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if stamp.exists() and stamp.read_text() == repr(scene):
            return video
    except OSError as error:
        raise FileWriteError(f"{folder}: cannot be used: {error.strerror}") from error
    for made in (video, folder / "truth.csv", folder / "camera.yaml"):
        if made.exists() and not stamp.exists():
            raise FileWriteError(f"{made}: is of no scene; name a folder that has no such file")
    write_atomically(stamp, "unfinished")
    _write_video(scene, video)
    write_atomically(folder / "truth.csv", _truth(scene))
    camera = {
        "source": {"kind": "file", "uri": "video.avi"},
        "detector": {"kind": "builtin"},
        "calibration": {
            "kind": "homography",
            **scene.camera.floor_points(scene.room.x_m, scene.room.y_m),
        },
    }
    write_atomically(folder / "camera.yaml", yaml.safe_dump(camera, sort_keys=False))
    write_atomically(stamp, repr(scene))
    return video


def _write_video(scene: Scene, video: Path) -> None:
    """Rendered beside its place: what is cut short is no scene, and takes no earlier one away."""
    with tempfile.TemporaryDirectory(prefix=".scene-", dir=video.parent) as folder:
        fresh = Path(folder) / video.name
        size = (scene.camera.width_px, scene.camera.height_px)
        writer = cv2.VideoWriter(str(fresh), cv2.VideoWriter.fourcc(*"MJPG"), scene.fps, size)
        writer.set(cv2.VIDEOWRITER_PROP_QUALITY, 92)
        for frame in scene.frames():
            writer.write(frame)
        writer.release()
        fresh.replace(video)


def _truth(scene: Scene) -> str:
    """Where everybody who can be seen is in each frame: CSV with t_s,id,x_m,y_m."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(["t_s", "id", "x_m", "y_m"])
    walkers = scene.walkers()
    for index in range(round(scene.duration_s * scene.fps)):
        time_s = index / scene.fps
        for walker in walkers:
            place = walker.at(time_s)
            if place and is_visible(scene.camera, place[0], place[1], walker.height_m):
                rows.writerow([f"{time_s:.3f}", walker.id, f"{place[0]:.3f}", f"{place[1]:.3f}"])
    return text.getvalue()


def draw_people(
    frame: NDArray[np.uint8], camera: VirtualCamera, walkers: list[Walker], time_s: float
) -> None:
    """Draw everybody who is in the room at ``time_s``, the farthest first."""
    present = [(walker, place) for walker in walkers if (place := walker.at(time_s)) is not None]
    for walker, (x_m, y_m, vx, vy) in sorted(present, key=lambda item: -item[1][1]):
        ends = camera.project(np.array([[x_m, y_m, 0.0], [x_m, y_m, walker.height_m]]))
        if np.isnan(ends).any():
            continue
        speed = float(np.hypot(vx, vy))
        walked_m = walked(walker, time_s)
        height_px = float(ends[0, 1] - ends[1, 1])
        feet = (float(ends[0, 0]), float(ends[0, 1]))
        sideways = vx / speed if speed > 0 else 0.0
        draw_person(frame, feet, height_px, walked_m, sideways, walker.look)


def is_visible(camera: VirtualCamera, x_m: float, y_m: float, height_m: float) -> bool:
    """Whether the feet and the head of a person who stands there are in the image."""
    ends = camera.project(np.array([[x_m, y_m, 0.0], [x_m, y_m, height_m]]))
    inside = (
        (ends[:, 0] >= 0) & (ends[:, 0] < camera.width_px)
        & (ends[:, 1] >= 0) & (ends[:, 1] < camera.height_px)
    )  # fmt: skip
    return bool(inside.all())


def walked(walker: Walker, time_s: float) -> float:
    walked_m = 0.0
    for start_s, end_s, x0, y0, x1, y1 in walker.legs:
        if time_s <= start_s:
            break
        share = min(1.0, (time_s - start_s) / (end_s - start_s))
        walked_m += share * float(np.hypot(x1 - x0, y1 - y0))
    return walked_m


def empty_room(camera: VirtualCamera, room: Room) -> NDArray[np.uint8]:
    """Floor tiles in perspective, a back wall with a door, a bench: the same in every scene."""
    rows, columns = camera.height_px, camera.width_px
    image = np.full((rows, columns, 3), (150, 158, 162), np.uint8)
    back_y_m = room.y_m[1] + 3.0
    reach = max(16, round(max(-room.x_m[0], room.x_m[1])) + 8)

    def polygon(points_m: list[tuple[float, float, float]], colour: tuple[int, int, int]) -> None:
        pixels = camera.project(np.array(points_m))
        if not np.isnan(pixels).any():
            cv2.fillPoly(image, [np.round(pixels).astype(np.int32)], colour, cv2.LINE_AA)

    for column in range(-reach, reach):
        for row in range(2, int(back_y_m)):
            shade = 118 + 9 * ((column + row) % 2) + row
            tile = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
            polygon([(x, y, 0.0) for x, y in tile], (shade - 12, shade, shade + 6))
    polygon([(-1, back_y_m, 0), (1, back_y_m, 0), (1, back_y_m, 2.2), (-1, back_y_m, 2.2)],
            (96, 108, 122))  # fmt: skip
    polygon(
        [(x, back_y_m - 1.5, z) for x, z in ((-6, 0), (-4, 0), (-4, 0.5), (-6, 0.5))], (70, 92, 110)
    )
    return np.asarray(cv2.GaussianBlur(image, (3, 3), 0), np.uint8)
