# SPDX-License-Identifier: Apache-2.0
"""Marks on the floor: whether pixels and metres can belong together, before a homography is fitted.

Four marks always fit exactly, whatever was written down. So what a camera above a floor cannot give
is looked for: marks beside the image, an order in which the floor would be seen from below or
across the horizon, a unit in which the camera would hang a hundred metres up. Each problem names
the mark and the fix.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from privcv_perception.arrays import Floats
from privcv_perception.calibration.homography import camera_of, fit_homography
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.errors import CalibrationError

EDGE_PX = 2.0
"""A mark may lie so far beside the image: somebody clicked on its border."""
USUAL_SIZES = ((640, 480), (1280, 720), (1920, 1080), (2560, 1440), (2592, 1944), (3840, 2160))
UNITS = (("feet", 3.28084), ("inches", 39.3701), ("centimetres", 100.0), ("millimetres", 1000.0))
CAMERA_HEIGHT_M = (0.3, 80.0)
LIKELY_HEIGHT_M, LIKELY_SPAN_M = 4.0, 10.0
FARTHEST_M = 1000.0
WIDEST_M = 300.0
WILD = 1e8
"""No coordinate, in any unit."""
DEGREES_APART = 0.05
"""Marks whose coordinates are all within so little are no floor in metres."""


def check_marks(settings: CalibrationSettings, image_size: tuple[int, int] | None) -> None:
    """Raise ``CalibrationError`` where the settings' floor points cannot be what was meant.

    ``image_size``: (width, height) px of the image in which they were marked; None where it is not
    known yet, so that only what does not depend on it is checked.
    """
    if settings.kind == "pinhole" and settings.position_m[2] > CAMERA_HEIGHT_M[1]:
        height_m = settings.position_m[2]
        name, factor = _unit(height_m, LIKELY_HEIGHT_M)
        raise CalibrationError(
            f"calibration.position_m: the camera would hang {height_m:g} m above the floor, so it "
            f"looks like {name}; divide by {factor:g}"
        )
    seen, floor = settings.floor_points()
    if not len(seen):
        return
    for key, points in (("points_px", seen), ("points_m", floor)):
        wild = ~(np.abs(points) < WILD).all(axis=1)  # what is no number too
        if wild.any():
            raise CalibrationError(
                f"calibration.{key}: point {int(np.argmax(wild)) + 1} of {len(points)} has a "
                "coordinate that is no place"
            )
    if image_size is not None:
        _check_inside(seen, image_size, sized=bool(settings.image_width_px))
    _check_frame(floor)
    if settings.kind == "homography":
        _check_spread(seen, floor)
        _check_order(seen, floor, settings.max_error_px, image_size)
        if image_size is not None:
            _check_height(seen, floor, image_size)
    _check_span(floor)


def _check_inside(seen: Floats, size: tuple[int, int], *, sized: bool) -> None:
    low, high = seen.min(axis=1), (seen - size).max(axis=1)
    outside = np.flatnonzero((low < -EDGE_PX) | (high > EDGE_PX))
    if not len(outside):
        return
    mark = int(outside[0])
    x, y = seen[mark]
    fits = [usual for usual in USUAL_SIZES if (seen.max(axis=0) <= usual).all() and usual > size]
    made_in = "another picture"
    if low[mark] >= -EDGE_PX and fits:
        made_in = f"a picture of {fits[0][0]}x{fits[0][1]}"
    raise CalibrationError(
        f"calibration.points_px: point {mark + 1} of {len(seen)} ({x:g}, {y:g}) is outside the "
        f"image of {size[0]}x{size[1]}; was it marked in {made_in}? "
        f"{'correct' if sized else 'set'} image_width_px and image_height_px to the size of that "
        "picture, or mark the points again"
    )


def _check_frame(floor: Floats) -> None:
    span = float(np.ptp(floor, axis=0).max())
    farthest = float(np.abs(floor).max())
    if len(floor) > 1 and span < DEGREES_APART:
        is_degrees = farthest <= 180 and farthest > 20 * span
        what = "latitude and longitude, in degrees" if is_degrees else "kilometres"
        raise CalibrationError(
            f"calibration.points_m: all points are within {span:.2g} m, so they look like {what}; "
            "give metres on the floor from a point of the site"
        )
    if span <= WIDEST_M and farthest > FARTHEST_M:
        raise CalibrationError(
            f"calibration.points_m: the points are {farthest:.0f} m away from the origin, so they "
            "look like coordinates of a country's grid (UTM); subtract those of a point of the site"
        )


def _check_span(floor: Floats) -> None:
    span = float(np.ptp(floor, axis=0).max())
    if span > WIDEST_M:
        name, factor = _unit(span, LIKELY_SPAN_M)
        raise CalibrationError(
            f"calibration.points_m: the points are {span:.0f} m apart, so they look like {name}; "
            f"divide them by {factor:g}"
        )


def _check_spread(seen: Floats, floor: Floats) -> None:
    for key, points in (("points_m", floor), ("points_px", seen)):
        if not _is_flat(points):
            continue
        line = _on_a_line(points)
        which = f"points {', '.join(str(i + 1) for i in line)} lie on one line" if line else (
            "a point is given twice")  # fmt: skip
        raise CalibrationError(
            f"calibration.{key}: the floor points do not span the floor: {which}; "
            "no three of four may lie on one line, and no point may be given twice"
        )


def _check_order(
    seen: Floats, floor: Floats, max_error_px: float, size: tuple[int, int] | None
) -> None:
    if not (problem := _order_problem(seen, floor)):
        return

    def can_be(other: Floats) -> bool:
        if _order_problem(seen, other) or _misses(seen, other) > max_error_px:
            return False
        return size is None or camera_of(fit_homography(other, seen), size) is not None

    fixes = [
        f"points {i + 1} and {j + 1} seem exchanged"
        for i, j, swapped in _swapped(floor)
        if can_be(swapped)
    ][:3]
    if can_be(floor[:, ::-1]) or can_be(floor * (-1, 1)):
        fixes.insert(0, "x and y seem exchanged in all of them, or x or y has the wrong sign")
    if not fixes:
        fixes = ["number the marks in the picture and on the floor, and give both lists in order"]
    raise CalibrationError(
        f"calibration.points_m: {problem}: the points are not in the order of points_px; "
        f"{', or '.join(fixes)}"
    )


def _order_problem(seen: Floats, floor: Floats) -> str:
    """What is impossible about a camera that sees ``floor`` at ``seen``; '' if nothing is."""
    matrix = fit_homography(floor, seen)
    if not np.isfinite(matrix).all():
        return "no camera can see them so"
    depth = np.column_stack((floor, np.ones(len(floor)))) @ matrix[2]
    if (depth > 0).any() and (depth < 0).any():
        return "the horizon would run between the marks"
    # Seen from above with y up and an image with y down, a turn of the floor changes its sense.
    if np.linalg.det(matrix) * np.sign(depth[0]) > 0:
        return "the floor would be seen from below, as in a mirror"
    return ""


def _check_height(seen: Floats, floor: Floats, size: tuple[int, int]) -> None:
    camera = camera_of(fit_homography(floor, seen), size)
    if camera is None:
        return
    height_m = float(abs(camera.position_m[2]))
    if CAMERA_HEIGHT_M[0] <= height_m <= CAMERA_HEIGHT_M[1]:
        return
    if height_m < CAMERA_HEIGHT_M[0]:
        raise CalibrationError(
            f"calibration.points_m: the camera would hang {height_m:.2g} m above the floor, so "
            "they look like kilometres or another unit; give metres"
        )
    name, factor = _unit(height_m, LIKELY_HEIGHT_M)
    raise CalibrationError(
        f"calibration.points_m: the camera would hang {height_m:.0f} m above the floor, so they "
        f"look like {name} (then it hangs at {height_m / factor:.1f} m); divide them by {factor:g}"
    )


def _unit(length: float, likely_m: float) -> tuple[str, float]:
    """The unit in which ``length`` is nearest to ``likely_m``, and how many are a metre."""
    return min(UNITS, key=lambda unit: abs(np.log(length / unit[1] / likely_m)))


def _swapped(floor: Floats) -> Iterator[tuple[int, int, Floats]]:
    for i, j in combinations(range(min(len(floor), 12)), 2):
        order = np.arange(len(floor))
        order[[i, j]] = j, i
        yield i, j, floor[order]


def _misses(seen: Floats, floor: Floats) -> float:
    """Root mean square of how far the marks are from where the fit puts them, px."""
    matrix = fit_homography(floor, seen)
    ends = np.column_stack((floor, np.ones(len(floor)))) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        away = ends[:, :2] / ends[:, 2:] - seen
    return float(np.sqrt((away**2).sum(axis=1).mean()))


def _is_flat(points: Floats) -> bool:
    """Whether fewer than four of the points are in general position."""
    span = max(float(np.ptp(points, axis=0).max()), 1e-9)
    return not any(
        all(_area(*three) > 1e-4 * span**2 for three in combinations(four, 3))
        for four in combinations(points[:12], 4)
    )


def _on_a_line(points: Floats) -> tuple[int, ...]:
    """The first three points that lie on one line and are three; empty where there are none."""
    span = max(float(np.ptp(points, axis=0).max()), 1e-9)
    for three in combinations(range(len(points[:12])), 3):
        a, b, c = points[list(three)]
        apart = min(np.hypot(*(b - a)), np.hypot(*(c - b)), np.hypot(*(c - a)))
        if apart > 1e-6 * span and _area(a, b, c) <= 1e-4 * span**2:
            return three
    return ()


def _area(a: Floats, b: Floats, c: Floats) -> float:
    return abs(float((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]))
