# SPDX-License-Identifier: Apache-2.0
"""The geometry of a camera: whether its calibration can be, and its zones and lines are in view.

Whatever takes a camera from a file calls ``check_geometry``: each mistake here would give nobody,
or nobody in one zone, without a word.
"""

import logging
from collections.abc import Mapping

import numpy as np

from privcv_core.errors import PrivcvError, SettingsError
from privcv_perception.arrays import Floats
from privcv_perception.calibration.build import checked_calibration
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.floor_grid import visible_floor
from privcv_perception.calibration.marks import check_marks
from privcv_perception.calibration.view import in_view
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.errors import CalibrationError
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymous_tick import CELL_M
from privcv_privacy.line_settings import LineSettings
from privcv_site.camera import CameraSite

LEAST_IN_VIEW, PARTLY_IN_VIEW = 0.1, 0.5
"""Shares of a zone or line: with less it is refused, with less than the second it is warned of."""

PLACES_ON_A_LINE = 41

_log = logging.getLogger(__name__)


def check_geometry(
    camera: CameraSettings, image_size: tuple[int, int] | None, where: str
) -> Calibration | None:
    """The calibration of ``camera`` for images of this size, (width, height) px.

    ``image_size`` None: it is known only once images come; what does not depend on it is checked,
    and None returned. Raises ``SettingsError`` that begins with ``where`` and names the mark or the
    zone and the fix.
    """
    try:
        if image_size is None:
            check_marks(camera.calibration, None)
            return None
        calibration = checked_calibration(camera.calibration, image_size)
    except PrivcvError as error:
        words = str(error).removeprefix("calibration.")
        key = f"{where}.calibration." if words != str(error) else f"{where}.calibration: "
        raise SettingsError(f"{key}{words}") from error
    if isinstance(camera, CameraSite):  # the zones of a camera's own file count nobody
        for name, share in shares_in_view(camera.zones, calibration, image_size).items():
            _judge(f"zones.{name}", "zone", share, calibration, image_size, where)
        for name, line in camera.lines.items():
            share = float(in_view(calibration, _along(line), image_size).mean())
            _judge(f"lines.{name}", "line", share, calibration, image_size, where)
    return calibration


def shares_in_view(
    zones: Mapping[str, ZoneSettings], calibration: Calibration, image_size: tuple[int, int]
) -> dict[str, float]:
    """Zone -> the share of its cells, 0..1, that are in the camera's image.

    Raises ``ZoneError`` where the zones cannot be used together.
    """
    return {
        name: float(in_view(calibration, centres_m, image_size).mean())
        for name, centres_m in _cells(zones).items()
    }


def _along(line: LineSettings) -> Floats:
    """(n, 2) places along a line, m."""
    start, end = np.reshape(line.ends_m, (2, 2))
    return np.asarray(np.linspace(start, end, PLACES_ON_A_LINE))


def _judge(
    key: str, what: str, share: float, calibration: Calibration, size: tuple[int, int], where: str
) -> None:
    if share >= PARTLY_IN_VIEW:
        return
    part = f"{share:.0%} of it" if share else "nothing of it"
    words = (
        f"{where}.{key}: {part} is in the camera's view{_seen(calibration, size)}: "
        f"move the {what}, in metres on the floor, or correct the calibration"
    )
    if share < LEAST_IN_VIEW:
        raise SettingsError(words)
    _log.warning("%s", words)


def _cells(zones: Mapping[str, ZoneSettings]) -> dict[str, Floats]:
    """Zone -> (n, 2) centres of its cells, m."""
    cells = zone_map("camera", zones)
    origin = np.array(cells.origin)
    return {
        name: (np.argwhere(cells.inside == index) + origin + 0.5) * CELL_M
        for index, name in enumerate(cells.names)
    }


def _seen(calibration: Calibration, size: tuple[int, int]) -> str:
    try:
        low, high = visible_floor(calibration, size)
    except CalibrationError:
        return ""
    return (
        f", which is x from {low[0]:.1f} to {high[0]:.1f} and y from {low[1]:.1f} to "
        f"{high[1]:.1f} m"
    )
