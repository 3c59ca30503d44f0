# SPDX-License-Identifier: Apache-2.0
"""Whether a camera sees what it counts of a floor: nobody else counts who is in the rest."""

import logging

import numpy as np

from privcv_core.errors import SettingsError
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.view import in_view
from privcv_privacy.aggregation.floor_settings import floor_of
from privcv_privacy.anonymous_tick import CELL_M
from privcv_site.geometry import LEAST_IN_VIEW, PARTLY_IN_VIEW
from privcv_site.site import Site

_log = logging.getLogger(__name__)


def check_floor_view(
    site: Site, camera: str, calibration: Calibration, image_size: tuple[int, int], where: str
) -> None:
    """Judge the cells of each zone of a floor that ``camera`` counts, as its own zones are.

    Raises ``SettingsError`` where it counts most of a zone and sees next to nothing of that.
    """
    lines = {name: one.lines for name, one in site.cameras.items()}
    for name, floor in site.floors.items():
        if camera not in floor.cameras:
            continue
        made = floor_of(name, floor.zones, floor.cameras, lines)
        owned = made.cameras[camera].cells.owned
        for index, zone in enumerate(made.zones.names):
            zone_cells = made.zones.inside == index
            cells = np.argwhere(zone_cells & owned)
            if not len(cells):
                continue
            centres_m = (cells + np.array(made.zones.origin) + 0.5) * CELL_M
            share = float(in_view(calibration, centres_m, image_size).mean())
            if share >= PARTLY_IN_VIEW:
                continue
            words = (
                f"{where}floors.{name}.zones.{zone}: camera '{camera}' has {share:.0%} in view of "
                "what it counts of this zone, and nobody counts the rest: let another camera own "
                "that part (owns_m), move the zone, in metres on the floor, or correct the "
                "calibration"
            )
            if share < LEAST_IN_VIEW and len(cells) > zone_cells.sum() / 2:
                raise SettingsError(words)
            _log.warning("%s", words)
