# SPDX-License-Identifier: Apache-2.0
"""Draws one person who walks or sits: head, torso, arms and legs, with the light from above."""

import colorsys
import math
import random
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE_M = 1.4
SUPERSAMPLING_SHIFT = 4  # OpenCV's fixed-point coordinates: 1/16 px
# Proportions of a standing adult, as shares of the body height.
HIP, SHOULDER, CHIN, CROWN = 0.50, 0.82, 0.87, 1.0
# Of one who sits (Drillis & Contini 1966): hip and knee over the floor, and the thigh between.
SEAT, KNEE, THIGH = 0.26, 0.28, 0.245
WHEEL = 0.17  # radius of a wheelchair's

Colour = tuple[int, ...]
At = Callable[[float, float], tuple[float, float]]
"""Shares of the body height, across and up from the feet, to px."""


class _Look(NamedTuple):
    skin: Colour
    shirt: Colour
    trousers: Colour
    hair: Colour


def _look(number: int) -> _Look:
    source = random.Random(number)
    return _Look(
        _colour(source.uniform(0.04, 0.09), source.uniform(0.3, 0.6), source.uniform(0.35, 0.9)),
        _colour(source.random(), source.uniform(0.1, 0.7), source.choice([0.15, 0.3, 0.85])),
        _colour(source.random(), 0.25, source.uniform(0.08, 0.3)),
        _colour(0.08, 0.4, source.uniform(0.05, 0.35)),
    )


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
    skin, shirt, trousers, hair = _look(look)
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
    _head(image, at, 0.0, 0.0, height_px, skin, hair)


def draw_seated(
    image: NDArray[np.uint8],
    feet_px: tuple[float, float],
    height_px: float,
    sideways: float,
    look: int,
    time_s: float,
    *,
    tilt_deg: float = 20.0,
    wheels: bool = False,
) -> None:
    """Draw somebody on a chair, or in a wheelchair, into ``image`` (H, W, 3, BGR).

    ``height_px``: of the person when they stand; ``sideways``: how far they are turned across the
    view, -1..1, 0 facing the camera; ``time_s`` moves hands and head a little; ``tilt_deg``: by
    which the camera looks down, that shows how long the thighs are.
    """
    skin, shirt, trousers, hair = _look(look)
    x, y = feet_px
    facing = math.sqrt(max(0.0, 1 - sideways**2))
    # What points to the camera appears lower, the more the steeper it looks down.
    ahead = THIGH * facing * math.tan(math.radians(tilt_deg))
    forward = THIGH * sideways
    stir = 0.012 * math.sin(0.7 * time_s + look)
    half = 0.085 + 0.055 * facing  # of the trunk

    def at(across: float, up: float) -> tuple[float, float]:
        return (x + (across - forward / 2) * height_px, y - (up - ahead / 2) * height_px)

    def from_hip(across: float, up: float) -> tuple[float, float]:
        return at(across, up + ahead / 2)

    _shadow(image, feet_px, 1.4 * height_px)
    metal = (70, 66, 62)
    for side in (-1, 1):
        foot = at(side * 0.13 * facing - 0.1 * sideways, 0.0)
        _limb(image, foot, from_hip(side * 0.13 * facing - 0.1 * sideways, SEAT), 0.022 * height_px,
              metal)  # fmt: skip
    _polygon(image, [from_hip(a, b) for a, b in (
        (-half - 0.03 - 0.06 * sideways, SEAT - 0.02), (half + 0.03 - 0.06 * sideways, SEAT - 0.02),
        (half + 0.02 - 0.08 * sideways, SEAT + 0.27), (-half - 0.02 - 0.08 * sideways, SEAT + 0.27),
    )], (52, 48, 46))  # fmt: skip
    if wheels:
        _wheel(image, from_hip(-(half + 0.05) * facing, WHEEL - 0.02), sideways, height_px)
    rise = SHOULDER - HIP
    torso = [
        from_hip(-half * 0.85, SEAT - 0.02), from_hip(-half, SEAT + rise - 0.05),
        from_hip(-half * 0.6 + stir, SEAT + rise), from_hip(half * 0.6 + stir, SEAT + rise),
        from_hip(half, SEAT + rise - 0.05), from_hip(half * 0.85, SEAT - 0.02),
    ]  # fmt: skip
    _polygon(image, torso, shirt)
    for side in (-1, 1):
        hip = from_hip(side * 0.055 * (0.4 + 0.6 * facing), SEAT)
        knee = from_hip(side * 0.085 * (0.3 + 0.7 * facing) + forward, KNEE - ahead)
        ankle = (knee[0] + side * 0.01 * height_px, knee[1] + (KNEE - 0.03) * height_px)
        _limb(image, hip, knee, 0.105 * height_px, _shade(trousers, 1.15))
        _limb(image, knee, ankle, 0.078 * height_px, trousers)
        toe = (ankle[0] + 0.07 * height_px * sideways, ankle[1] + 0.03 * facing * height_px)
        _limb(image, ankle, toe, 0.05 * height_px, _shade(trousers, 0.5))
        shoulder = from_hip(side * half * 0.95 + stir, SEAT + rise - 0.04)
        elbow = from_hip(side * (half + 0.03) + 0.2 * forward, SEAT + rise - 0.18)
        hand = from_hip(side * (half - 0.04) + 0.6 * forward + stir, SEAT + 0.06 - 0.5 * ahead)
        _limb(image, shoulder, elbow, 0.060 * height_px, _shade(shirt, 0.85))
        _limb(image, elbow, hand, 0.050 * height_px, _shade(shirt, 0.8))
        _disc(image, hand, 0.024 * height_px, 0.028 * height_px, skin)
    if wheels:
        _wheel(image, from_hip((half + 0.05) * facing, WHEEL - 0.02), sideways, height_px)
    _head(image, from_hip, stir, HIP - SEAT, height_px, skin, hair)


def _head(
    image: NDArray[np.uint8],
    at: At,
    across: float,
    lower: float,
    height_px: float,
    skin: Colour,
    hair: Colour,
) -> None:
    """Neck and head, ``lower`` than of one who stands by a share of the height."""
    middle = (CHIN + CROWN) / 2 - lower
    _limb(image, at(across, SHOULDER - 0.01 - lower), at(across, CHIN - lower), 0.055 * height_px,
          _shade(skin, 0.8))  # fmt: skip
    _disc(image, at(across, middle), 0.055 * height_px, (CROWN - CHIN) / 2 * height_px, skin)
    _disc(image, at(across, middle + 0.028), 0.057 * height_px, 0.042 * height_px, hair)


def _wheel(
    image: NDArray[np.uint8], hub: tuple[float, float], sideways: float, height_px: float
) -> None:
    """The tyre of a wheelchair, an ellipse as narrow as it is turned to the camera."""
    axes = (max(1, round(WHEEL * abs(sideways) * height_px)), max(1, round(WHEEL * height_px)))
    cv2.ellipse(image, (round(hub[0]), round(hub[1])), axes, 0, 0, 360, (35, 35, 35),
                max(1, round(0.022 * height_px)), cv2.LINE_AA)  # fmt: skip


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
