# SPDX-License-Identifier: Apache-2.0
"""Rendered scenes that vary what a camera meets: height, tilt, lens, crowd, light, seated people.

The people, their ways and their drawing are those of ``privcv scene``; this adds what that leaves
out: people on chairs and in wheelchairs, children, umbrellas, a wide lens, a light that is
switched, a floor that mirrors. The truth is the box of everybody in every frame.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from tracking_scores import Frame

from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.figure import draw_person, draw_seated
from privcv_bringup.scene.render import SENSOR_NOISE, Scene, empty_room, walked
from privcv_bringup.scene.walkers import Room, Walker

DURATION_S = 60.0
WIDTH = 0.36
"""Of the box around a person who walks, over its height."""
SEATED = 0.78
"""Height of somebody on a chair, over their height when they stand."""
LEAST_SHOWN = 0.5
"""Share of the box that must be in the image for a person to be there."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class VariedScene(Scene):
    """A scene of people with a few things that the plain one has not.

    ``children``, ``umbrellas``, ``wheelchairs``: shares of the people. ``seated``: so many sit
    from the first frame to the last. ``barrel``: how far the lens draws in the corners, share of
    the width. ``light``: brightness, with ``switched_s`` between its changes by a third.
    ``mirror``: how much the floor mirrors.
    """

    duration_s: float = DURATION_S
    children: float = 0.0
    umbrellas: float = 0.0
    wheelchairs: float = 0.0
    seated: int = 0
    barrel: float = 0.0
    light: float = 1.0
    switched_s: float = 0.0
    mirror: float = 0.0

    def walkers(self) -> list[Walker]:
        people = super().walkers()
        small = [self._is(walker, self.children, 1) for walker in people]
        people = [
            replace(walker, height_m=0.62 * walker.height_m) if child else walker
            for walker, child in zip(people, small, strict=True)
        ]
        return people + [self._sitting(number) for number in range(self.seated)]

    def frames(self) -> Iterator[Image]:
        """Every frame, (height, width, 3) BGR."""
        noise = np.random.default_rng(self.seed)
        room, people = empty_room(self.camera, self.room), self.walkers()
        maps = self._lens() if self.barrel else None
        for index in range(round(self.duration_s * self.fps)):
            frame = room.copy()
            self._draw(frame, people, index / self.fps)
            if maps is not None:
                frame = np.asarray(
                    cv2.remap(frame, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
                    np.uint8,
                )
            grain = noise.normal(0, SENSOR_NOISE, frame.shape[:2])[..., None]
            yield np.clip(frame * self._light(index / self.fps) + grain, 0, 255).astype(np.uint8)

    def truth(self) -> list[Frame]:
        """Ids and boxes (left, top, width, height, px) of each frame; half of each is shown."""
        people = self.walkers()
        return [
            self._boxes(people, index / self.fps)
            for index in range(round(self.duration_s * self.fps))
        ]

    def _boxes(self, people: list[Walker], time_s: float) -> Frame:
        size = (self.camera.width_px, self.camera.height_px)
        ids, boxes = [], []
        for walker in people:
            ends = self._ends(walker, time_s)
            if ends is None:
                continue
            (x, feet), (_, head) = ends
            height = feet - head
            left, width = x - WIDTH * height / 2, WIDTH * height
            across = min(left + width, size[0]) - max(left, 0)
            along = min(feet, size[1]) - max(head, 0)
            if across > 0 and along > 0 and across * along > LEAST_SHOWN * width * height:
                ids.append(walker.id)
                boxes.append((left, head, width, height))
        return np.array(ids, np.int64), np.array(boxes, float).reshape(-1, 4)

    def _ends(self, walker: Walker, time_s: float) -> NDArray[np.float64] | None:
        """Feet and head, (2, 2) px as the lens shows them; None where they are not in view."""
        place = walker.at(time_s)
        if place is None:
            return None
        tall = walker.height_m * (SEATED if self._sits(walker) else 1.0)
        ends = self.camera.project(np.array([[*place[:2], 0.0], [*place[:2], tall]]))
        if np.isnan(ends).any():
            return None
        return self._bent(ends) if self.barrel else ends

    def _draw(self, frame: Image, people: list[Walker], time_s: float) -> None:
        here = [(walker, place) for walker in people if (place := walker.at(time_s)) is not None]
        for walker, (x, y, vx, vy) in sorted(here, key=lambda one: -one[1][1]):
            ends = self.camera.project(np.array([[x, y, 0.0], [x, y, walker.height_m]]))
            if np.isnan(ends).any():
                continue
            speed = math.hypot(vx, vy)
            feet, tall = (float(ends[0, 0]), float(ends[0, 1])), float(ends[0, 1] - ends[1, 1])
            if self.mirror:
                self._mirror(frame, feet, tall, walker)
            sideways = vx / speed if speed > 0 else 0.0
            if self._sits(walker):
                rolls = self._is_in_chair(walker)
                turned = sideways if rolls else math.sin(walker.look)
                draw_seated(frame, feet, tall, turned, walker.look, time_s,
                            tilt_deg=self.camera.tilt_deg, wheels=rolls)  # fmt: skip
                continue
            draw_person(frame, feet, tall, walked(walker, time_s), sideways, walker.look)
            if self._is(walker, self.umbrellas, 2):
                centre = (round(feet[0]), round(feet[1] - 1.02 * tall))
                colour = (40, 40 + walker.look % 120, 60 + walker.look % 90)
                cv2.ellipse(frame, centre, (round(0.32 * tall), round(0.17 * tall)), 0, 180, 360,
                            colour, -1, cv2.LINE_AA)  # fmt: skip

    def _mirror(self, frame: Image, feet: tuple[float, float], tall: float, walker: Walker) -> None:
        """A dim reflection of the person in the floor, upside down."""
        top, left = max(0, round(feet[1])), max(0, round(feet[0] - 0.2 * tall))
        shown = frame[top : top + round(0.8 * tall), left : left + round(0.4 * tall)]
        if shown.size:
            tone = np.array([30 + walker.look % 90, 40, 60 + walker.look % 60], float)
            fade = self.mirror * np.linspace(1, 0, shown.shape[0])[:, None, None]
            shown[:] = (shown * (1 - fade) + tone * fade).astype(np.uint8)

    def _light(self, time_s: float) -> float:
        if not self.switched_s:
            return self.light
        return self.light * (1.0 if int(time_s / self.switched_s) % 2 == 0 else 0.65)

    def _lens(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each px of the picture where the pinhole has it: what ``_bent`` undoes."""
        rows, columns = self.camera.height_px, self.camera.width_px
        y, x = np.mgrid[0:rows, 0:columns].astype(float)
        middle = np.array([columns / 2, rows / 2])
        off = np.stack([x, y], axis=-1) - middle
        grown = 1 + self.barrel * (off**2).sum(axis=-1, keepdims=True) / middle[0] ** 2
        there = (off * grown + middle).astype(np.float32)
        return there[..., 0].copy(), there[..., 1].copy()

    def _bent(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pinhole px to those that the lens shows, by fixed-point iteration."""
        middle = np.array([self.camera.width_px / 2, self.camera.height_px / 2])
        off = points - middle
        shown = off.copy()
        for _ in range(12):
            square = (shown**2).sum(axis=1, keepdims=True) / middle[0] ** 2
            shown = off / (1 + self.barrel * square)
        bent: NDArray[np.float64] = shown + middle
        return bent

    def _is(self, walker: Walker, share: float, salt: int) -> bool:
        return (walker.look * 7919 + salt * 104729) % 1000 < 1000 * share and not self._sits(walker)

    def _sits(self, walker: Walker) -> bool:
        return walker.id >= 10_000 or self._is_in_chair(walker)

    def _is_in_chair(self, walker: Walker) -> bool:
        return (walker.look * 7919 + 3 * 104729) % 1000 < 1000 * self.wheelchairs

    def _sitting(self, number: int) -> Walker:
        (left, right), (near, far) = self.room.x_m, self.room.y_m
        x = left + (right - left) * (number + 0.7) / (self.seated + 0.4)
        y = near + (far - near) * (0.35 + 0.3 * (number % 2))
        return Walker(10_000 + number, ((0.0, self.duration_s, x, y, x, y),), 1.7, 37 * number + 5)


def _camera(
    height: float, tilt: float, view: float = 66.0, size: tuple[int, int] = (640, 480)
) -> VirtualCamera:
    return VirtualCamera(*size, height_m=height, tilt_deg=tilt, field_of_view_deg=view)


X, Y, SIDES = (-5.0, 5.0), (5.0, 12.0), ("west", "east")
CORRIDOR, THREE = ("near", "far"), (*SIDES, "near")
VARIED = {
    name: replace(scene, seed=51 + number)
    for number, (name, scene) in enumerate(
        {
            "low corridor": VariedScene(
                people_per_minute=14,
                camera=_camera(2.6, 13, 60),
                room=Room((-1.8, 1.8), (4, 16), CORRIDOR, 0.15),
            ),
            "high corridor": VariedScene(
                people_per_minute=16,
                camera=_camera(3.6, 23, 62),
                room=Room((-2.5, 2.5), (4.5, 18), CORRIDOR, 0.1),
            ),
            "foyer": VariedScene(camera=_camera(3.4, 20, 70), room=Room(X, Y, THREE, 0.4)),
            "coarse picture": VariedScene(
                people_per_minute=16,
                camera=_camera(3.3, 20, 66, (400, 300)),
                room=Room((-4, 4), (4.5, 11), (*SIDES, "far"), 0.4),
            ),
            "yard": VariedScene(
                people_per_minute=28,
                camera=_camera(6.5, 30, 66, (960, 720)),
                room=Room((-7, 7), (6, 18), (*SIDES, *CORRIDOR), 0.2),
            ),
            "shop": VariedScene(
                people_per_minute=14,
                camera=_camera(2.8, 26, 80),
                room=Room((-3, 3), (3.5, 9), ("far", "east", "near"), 0.5, returning=0.4),
            ),
            "crowded street": VariedScene(
                people_per_minute=40,
                camera=_camera(4.0, 22),
                room=Room((-7, 7), (6, 14), SIDES, 0.05),
            ),
            "queue": VariedScene(
                people_per_minute=12,
                camera=_camera(3.1, 22, 70),
                room=Room((-3.5, 3.5), (4, 10), stopping=0.9, pauses_s=(10, 25, 35)),
            ),
            "classroom, four sit": VariedScene(
                people_per_minute=6,
                camera=_camera(2.9, 20, 74),
                room=Room((-3.5, 3.5), (4.5, 9)),
                seated=4,
            ),
            "school yard, children": VariedScene(
                camera=_camera(4.2, 25), room=Room(X, (5, 13), THREE, 0.3), children=0.5
            ),
            "clinic, wheelchairs": VariedScene(
                people_per_minute=14,
                camera=_camera(3.2, 19, 72),
                room=Room((-4, 4), (4.5, 11), stopping=0.3),
                wheelchairs=0.35,
            ),
            "rain, umbrellas": VariedScene(
                people_per_minute=18,
                camera=_camera(4.5, 24),
                room=Room((-6, 6), (6, 14), THREE, 0.1),
                umbrellas=0.6,
            ),
            "wide lens": VariedScene(
                people_per_minute=18,
                camera=_camera(3.0, 24, 96),
                room=Room((-4, 4), (3.5, 9), THREE, 0.3),
                barrel=0.25,
            ),
            "dim, light switched": VariedScene(
                people_per_minute=16,
                camera=_camera(3.3, 20, 70),
                room=Room((-4.5, 4.5), (5, 11)),
                light=0.6,
                switched_s=15.0,
            ),
            "polished floor": VariedScene(
                people_per_minute=18,
                camera=_camera(3.4, 21, 68),
                room=Room(X, Y, (*SIDES, "far"), 0.3),
                mirror=0.5,
            ),
            "steep, from a gallery": VariedScene(
                camera=_camera(5.0, 52, 70), room=Room((-4, 4), (1.5, 7), THREE, 0.2)
            ),
        }.items()
    )
}
"""By name; each a minute long."""
