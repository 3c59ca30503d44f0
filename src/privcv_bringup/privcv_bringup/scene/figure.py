# SPDX-License-Identifier: Apache-2.0
"""Draws one walking person: head, torso, swinging arms and legs, with the light from above."""

import colorsys
import math
import random

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE_M = 1.4
SUPERSAMPLING_SHIFT = 4  # OpenCV's fixed-point coordinates: 1/16 px
# Proportions of a standing adult, as shares of the body height.
HIP, SHOULDER, CHIN, CROWN = 0.50, 0.82, 0.87, 1.0


def draw_person(
    image: NDArray[np.uint8],
    feet_px: tuple[float, float],
    height_px: float,
    walked_m: float,
    sideways: float,
    look: int,
) -> None:
    """Draw into ``image`` (H, W, 3, BGR).

    ``walked_m`` is the way walked so far, it moves the legs; ``sideways`` is how much of the
    motion is across the view, -1..1; ``look`` picks the colours.
    """
    source = random.Random(look)
    skin = _colour(source.uniform(0.04, 0.09), source.uniform(0.3, 0.6), source.uniform(0.35, 0.9))
    shirt = _colour(source.random(), source.uniform(0.1, 0.7), source.choice([0.15, 0.3, 0.85]))
    trousers = _colour(source.random(), 0.25, source.uniform(0.08, 0.3))
    hair = _colour(0.08, 0.4, source.uniform(0.05, 0.35))
    x, y = feet_px

    def at(across: float, up: float) -> tuple[float, float]:
        return (x + across * height_px, y - up * height_px)

    phase = 2 * math.pi * walked_m / STRIDE_M
    swing = math.sin(phase)
    reach = 0.13 * abs(sideways) * swing
    spread = 0.055  # the feet stand a little apart, seen from the front
    knee_lift = 0.02 * (1 + math.cos(phase))
    _shadow(image, feet_px, height_px)
    for side, foot in ((-1, reach), (1, -reach)):
        hip = at(side * 0.045, HIP)
        knee = at(side * spread * 0.9 + foot * 0.6, HIP * 0.52)
        ankle = at(side * spread + foot, knee_lift if side > 0 else 0.02)
        _limb(image, hip, knee, 0.100 * height_px, trousers)
        _limb(image, knee, ankle, 0.075 * height_px, trousers)
        toe = (ankle[0] + 0.05 * height_px * (sideways if abs(sideways) > 0.3 else 0.2), ankle[1])
        _limb(image, ankle, toe, 0.045 * height_px, _shade(trousers, 0.5))
    width = 0.13 + 0.05 * (1 - abs(sideways))
    torso = [
        at(-width * 0.78, HIP - 0.02), at(-width, SHOULDER - 0.04), at(-width * 0.6, SHOULDER),
        at(width * 0.6, SHOULDER), at(width, SHOULDER - 0.04), at(width * 0.78, HIP - 0.02),
    ]  # fmt: skip
    _polygon(image, torso, shirt)
    for side in (-1, 1):
        shoulder = at(side * width * 0.95, SHOULDER - 0.03)
        hand = at(side * (width + 0.02) - side * reach * 0.9, HIP - 0.03)
        elbow = (
            (shoulder[0] + hand[0]) / 2 + side * 0.012 * height_px,
            (shoulder[1] + hand[1]) / 2,
        )
        _limb(image, shoulder, elbow, 0.060 * height_px, _shade(shirt, 0.85))
        _limb(image, elbow, hand, 0.050 * height_px, _shade(shirt, 0.8))
        _disc(image, hand, 0.024 * height_px, 0.028 * height_px, skin)
    _limb(image, at(0, SHOULDER - 0.01), at(0, CHIN), 0.055 * height_px, _shade(skin, 0.8))
    middle = (CHIN + CROWN) / 2
    _disc(image, at(0, middle), 0.055 * height_px, (CROWN - CHIN) / 2 * height_px, skin)
    _disc(image, at(0, middle + 0.028), 0.057 * height_px, 0.042 * height_px, hair)


def _shadow(image: NDArray[np.uint8], feet_px: tuple[float, float], height_px: float) -> None:
    radius = (0.20 * height_px, 0.05 * height_px)
    left, right = int(feet_px[0] - radius[0]) - 1, int(feet_px[0] + radius[0]) + 2
    top, bottom = int(feet_px[1] - radius[1]) - 1, int(feet_px[1] + radius[1]) + 2
    left, top = max(left, 0), max(top, 0)
    patch = image[top:bottom, left:right]
    if patch.size == 0:
        return
    mask = np.zeros(patch.shape[:2], np.uint8)
    _disc(mask, (feet_px[0] - left, feet_px[1] - top), radius[0], radius[1], (90,))
    patch[:] = (patch * (1 - mask[..., None] / 255.0)).astype(np.uint8)


def _limb(
    image: NDArray[np.uint8],
    start: tuple[float, float],
    end: tuple[float, float],
    width_px: float,
    colour: tuple[int, ...],
) -> None:
    """A thick line with round ends, anti-aliased."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    nx, ny = -dy / length * width_px / 2, dx / length * width_px / 2
    corners = [
        (start[0] + nx, start[1] + ny), (end[0] + nx, end[1] + ny),
        (end[0] - nx, end[1] - ny), (start[0] - nx, start[1] - ny),
    ]  # fmt: skip
    _polygon(image, corners, colour)
    for centre in (start, end):
        _disc(image, centre, width_px / 2, width_px / 2, colour)


def _polygon(
    image: NDArray[np.uint8], points: list[tuple[float, float]], colour: tuple[int, ...]
) -> None:
    scaled = np.round(np.array(points) * (1 << SUPERSAMPLING_SHIFT)).astype(np.int32)
    cv2.fillPoly(image, [scaled], colour, cv2.LINE_AA, SUPERSAMPLING_SHIFT)


def _disc(
    image: NDArray[np.uint8],
    centre: tuple[float, float],
    across_px: float,
    down_px: float,
    colour: tuple[int, ...],
) -> None:
    scale = 1 << SUPERSAMPLING_SHIFT
    middle = (round(centre[0] * scale), round(centre[1] * scale))
    axes = (max(1, round(across_px * scale)), max(1, round(down_px * scale)))
    cv2.ellipse(image, middle, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, SUPERSAMPLING_SHIFT)


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return (int(blue * 255), int(green * 255), int(red * 255))


def _shade(colour: tuple[int, ...], factor: float) -> tuple[int, ...]:
    return tuple(int(part * factor) for part in colour)
