# SPDX-License-Identifier: Apache-2.0
"""Settings of a floor that several cameras count together, and the floor that they make."""

from collections.abc import Iterable, Mapping

from pydantic import Field

from privcv_core.settings.model import Name, Settings
from privcv_privacy.aggregation.cell_ownership import FloorCamera, cell_ownership
from privcv_privacy.aggregation.joint_floor import Floor, Seen
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.errors import ZoneError
from privcv_privacy.line_settings import MAX_LINES

MAX_CAMERAS = 16


class FloorSettings(Settings):
    """A floor under several cameras, which are calibrated in one frame."""

    zones: dict[Name, ZoneSettings] = Field(
        min_length=1, description="Parts of the floor that are counted, by name."
    )
    cameras: dict[Name, FloorCamera] = Field(
        min_length=2, max_length=MAX_CAMERAS, description="The cameras over it, by name."
    )


def floor_of(
    name: str,
    zones: Mapping[str, ZoneSettings],
    cameras: Mapping[str, FloorCamera],
    lines: Mapping[str, Iterable[str]],
) -> Floor:
    """The floor ``name`` under some ``cameras``; ``lines``: names of those of each camera.

    A line belongs to the camera whose it is, wherever it lies. Raises ``ZoneError``.
    """
    owner: dict[str, str] = {}
    for camera in cameras:
        if camera not in lines:
            raise ZoneError(f"floor '{name}': there is no camera '{camera}': name one that is")
        for line in lines[camera]:
            if line in owner:
                raise ZoneError(
                    f"floor '{name}': cameras '{owner[line]}' and '{camera}' both have a line "
                    f"'{line}': one crossing would count twice: take it from one of them"
                )
            owner[line] = camera
    if len(owner) > MAX_LINES:
        raise ZoneError(f"floor '{name}': {len(owner)} lines, at most {MAX_LINES} are possible")
    lookup = zone_map(name, zones, lines=owner)
    owned = cell_ownership(lookup, cameras)
    number = {line: index for index, line in enumerate(sorted(owner))}
    return Floor(
        lookup,
        {
            camera: Seen(owned[camera], tuple(number[line] for line in sorted(lines[camera])))
            for camera in cameras
        },
    )
