# SPDX-License-Identifier: Apache-2.0
"""A floor of a site: what several cameras count together."""

from collections.abc import Mapping

from pydantic import Field

from privcv_core.settings.model import Name
from privcv_privacy.aggregation.cell_ownership import FloorCamera
from privcv_privacy.aggregation.floor_settings import MAX_CAMERAS, floor_of
from privcv_privacy.errors import PrivacyError
from privcv_site.camera import CameraSite, Labelled, SiteZone


class SiteFloor(Labelled):
    """A floor as a site file has it."""

    zones: dict[Name, SiteZone] = Field(
        min_length=1, description="Parts of the floor that are counted, by name."
    )
    cameras: dict[Name, FloorCamera] = Field(
        min_length=2, max_length=MAX_CAMERAS, description="The cameras over it, by name."
    )


def check_floors(floors: Mapping[str, SiteFloor], cameras: Mapping[str, CameraSite]) -> None:
    """Raise ``ValueError`` where ``floors`` do not fit the ``cameras`` of a site."""
    counted_by: dict[str, str] = {}
    for name, floor in floors.items():
        if name in cameras:
            raise ValueError(f"floor '{name}': a camera has that name: give it another")
        for camera in floor.cameras:
            if camera in counted_by:
                raise ValueError(
                    f"camera '{camera}': is over floor '{counted_by[camera]}' and over '{name}': "
                    "its people would pay twice: take it from one of them"
                )
            if camera in cameras and cameras[camera].zones:
                raise ValueError(
                    f"camera '{camera}': counts zones of its own and those of floor '{name}': its "
                    "people would pay twice: move its zones to the floor"
                )
            counted_by[camera] = name
        try:
            lines = {camera: one.lines for camera, one in cameras.items()}
            floor_of(name, floor.zones, floor.cameras, lines)
        except PrivacyError as error:
            raise ValueError(str(error)) from error
    for name, one in cameras.items():
        if not one.zones and name not in counted_by:
            raise ValueError(
                f"cameras.{name}.zones: needs at least 1, or the camera a place over a floor"
            )
