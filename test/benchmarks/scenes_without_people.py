# SPDX-License-Identifier: Apache-2.0
"""Rendered scenes in which things move and nobody is: whoever is found there is one too many."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.render import SENSOR_NOISE, empty_room
from privcv_bringup.scene.walkers import Room

FPS, DURATION_S = 10.0, 30.0
CAMERA, ROOM = VirtualCamera(), Room()

Image = NDArray[np.uint8]
Draw = Callable[[Image, float], None]


def frames(draw: Draw, seed: int) -> Iterator[Image]:
    """Every frame of a scene, (480, 640, 3) BGR."""
    noise, room = np.random.default_rng(seed), empty_room(CAMERA, ROOM)
    for index in range(round(DURATION_S * FPS)):
        frame = room.copy()
        draw(frame, index / FPS)
        grain = noise.normal(0, SENSOR_NOISE, frame.shape[:2])[..., None]
        yield np.clip(frame + grain, 0, 255).astype(np.uint8)


def cars(frame: Image, time_s: float) -> None:
    """A car every 5 s, from either side, 7 to 12 m away, at 4 m/s."""
    for number in range(math.ceil(time_s / 5) + 1):
        way_m = 4 * (time_s - 5 * number) - 10
        if abs(way_m) < 10:
            x, y = (way_m, 7 + 2.5 * (number % 3)) if number % 2 else (-way_m, 8 + 2 * (number % 3))
            _car(frame, x, y, (40 + 50 * (number % 4), 60, 180 - 40 * (number % 4)))


def bottles(frame: Image, time_s: float) -> None:
    """Bottles on a belt near the camera: dark, upright, 50 to 110 px tall, 1 s apart."""
    cv2.rectangle(frame, (0, 330), (640, 420), (60, 62, 66), -1)
    for number in range(math.ceil(time_s) + 8):
        x = round(100 * (time_s - number) + 700)
        tall = 50 + 20 * (number % 4)
        if -40 < x < 680:
            glass, label = (30, 90 + 30 * (number % 3), 40), (190, 200, 210)
            for half, low, high, tone in (
                (tall // 6, 0, round(0.65 * tall), glass),
                (tall // 14, tall // 2, tall, glass),
                (tall // 7, tall // 4, tall // 2, label),
            ):
                cv2.rectangle(frame, (x - half, 370 - high), (x + half, 370 - low), tone, -1)


def curtains(frame: Image, time_s: float) -> None:
    """Two curtains before a window in the wind."""
    for side in (-1, 1):
        left = 320 + side * 150 - 60
        for strip in range(12):
            shift = round(10 * math.sin(time_s * 1.3 + strip * 0.6 + side) * strip / 12)
            shade = 150 + 40 * (strip % 2)
            x, tone = left + 10 * strip + shift, (shade - 30, shade - 20, shade)
            cv2.rectangle(frame, (x, 90), (x + 11, 300), tone, -1)


def reflections(frame: Image, time_s: float) -> None:
    """Patches of sun that wander over floor and wall, upright and about as large as people."""
    for number in range(4):
        x = round(320 + 260 * math.sin(time_s / 6 + 1.7 * number))
        y = 200 + 45 * number
        patch = np.zeros(frame.shape[:2], np.uint8)
        cv2.ellipse(patch, (x, y), (18 + 4 * number, 50 + 8 * number), 0, 0, 360, 255, -1)
        light = cv2.GaussianBlur(patch, (21, 21), 0)[..., None] / 255 * 60
        frame[:] = np.clip(frame + light, 0, 255).astype(np.uint8)


def light_switched(frame: Image, time_s: float) -> None:
    """The lamp over the left half is switched every 7 s, the other every 11 s."""
    for period_s, columns in ((7, slice(0, 320)), (11, slice(320, 640))):
        if int(time_s / period_s) % 2:
            fade = np.linspace(1.0, 0.55, 320) if period_s == 7 else np.linspace(0.55, 1.0, 320)
            frame[:, columns] = (frame[:, columns] * (1.2 - 0.6 * fade[:, None])).astype(np.uint8)


def doors(frame: Image, time_s: float) -> None:
    """A door that opens and closes, and a chair that somebody out of sight moved."""
    open_ = abs(math.sin(time_s / 4))
    cv2.rectangle(frame, (270, 110), (270 + round(70 * (1 - 0.8 * open_)), 260), (50, 60, 90), -1)
    chair = 120 if int(time_s / 15) % 2 else 160
    cv2.rectangle(frame, (chair, 260), (chair + 40, 330), (40, 50, 70), -1)
    cv2.rectangle(frame, (chair, 300), (chair + 50, 350), (60, 70, 90), -1)


def plants(frame: Image, time_s: float) -> None:
    """Plants in the wind and a bin that rolls by."""
    for number in range(3):
        x = 140 + 180 * number
        for leaf in range(7):
            sway = 8 * math.sin(1.1 * time_s + leaf + number)
            tip = (round(x + (leaf - 3) * 16 + sway), 230 - 6 * leaf)
            cv2.line(frame, (x, 330), tip, (40, 110 + 10 * leaf, 50), 7, cv2.LINE_AA)
    x = round((time_s * 40) % 760) - 60
    cv2.rectangle(frame, (x, 330), (x + 60, 420), (70, 90, 70), -1)


def flags(frame: Image, time_s: float) -> None:
    """Three banners on poles in the wind, as tall as people and taller."""
    for number in range(3):
        pole, tall = 130 + 170 * number, 110 + 30 * number
        colour = ((40, 40, 190), (190, 120, 30), (60, 160, 200))[number]
        ways = [20 * math.sin(2.1 * time_s + 0.5 * step + number) * step / 8 for step in range(9)]
        left = [(pole, 300 - tall * step / 8) for step in range(9)]
        right = [(pole + 30 + way, 300 - tall * step / 8) for step, way in enumerate(ways)]
        outline = np.round(np.array(left + right[::-1])).astype(np.int32)
        cv2.fillPoly(frame, [outline], colour, cv2.LINE_AA)
        cv2.line(frame, (pole, 300), (pole, 290 - tall), (60, 60, 60), 3)


def screen(frame: Image, time_s: float) -> None:
    """A screen on the wall whose picture changes every two seconds; a shape crosses it."""
    picture = np.random.default_rng(int(time_s / 2)).integers(40, 220, (4, 6, 3)).astype(np.uint8)
    frame[120:240, 240:420] = cv2.resize(picture, (180, 120), interpolation=cv2.INTER_NEAREST)
    x = 240 + round(90 * (time_s % 2))
    cv2.rectangle(frame, (x, 140), (min(x + 30, 419), 235), (230, 230, 240), -1)


def branches(frame: Image, time_s: float) -> None:
    """Shadows of branches on the floor that swing, soft and half as bright as the floor."""
    shade = np.zeros(frame.shape[:2], np.uint8)
    for number in range(6):
        x = round(90 + 90 * number + 25 * math.sin(0.9 * time_s + number))
        y = 300 + 20 * (number % 3)
        cv2.ellipse(shade, (x, y), (16, 70), 20 * math.sin(0.7 * time_s + number), 0, 360, 255, -1)
    dark = cv2.GaussianBlur(shade, (15, 15), 0)[..., None] / 255 * 0.5
    frame[:] = (frame * (1 - dark)).astype(np.uint8)


def _car(frame: Image, x: float, y: float, colour: tuple[int, int, int]) -> None:
    def px(points: list[tuple[float, float]]) -> NDArray[np.int32]:
        world = np.array([(x + a, y, b) for a, b in points])
        return np.round(CAMERA.project(world)).astype(np.int32)

    body = [(-2.1, 0.3), (2.1, 0.3), (2.1, 0.8), (1.2, 0.9)]
    body += [(0.8, 1.45), (-1.1, 1.45), (-1.8, 0.9), (-2.1, 0.8)]
    cv2.fillPoly(frame, [px(body)], colour, cv2.LINE_AA)
    cv2.fillPoly(frame, [px([(1.0, 0.92), (0.7, 1.35), (-0.9, 1.35), (-1.4, 0.92)])], (60, 50, 40))
    for wheel in (-1.3, 1.3):
        (middle, rim) = px([(wheel, 0.32), (wheel + 0.32, 0.32)])
        radius = max(1, int(rim[0] - middle[0]))
        cv2.circle(frame, (int(middle[0]), int(middle[1])), radius, (20, 20, 20), -1)


WITHOUT_PEOPLE: dict[str, Callable[[], Iterator[Image]]] = {
    draw.__name__.replace("_", " "): partial(frames, draw, seed)
    for seed, draw in enumerate(
        (
            cars,
            bottles,
            curtains,
            reflections,
            light_switched,
            doors,
            plants,
            flags,
            screen,
            branches,
        )
    )
}
"""By name; each half a minute long, seen by the demo's camera."""
