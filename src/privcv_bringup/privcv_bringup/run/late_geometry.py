# SPDX-License-Identifier: Apache-2.0
"""The geometry of a live camera, judged once its images have told their size.

Before that only its marks could be looked at; a zone beside the image would count nobody for ever.
"""

from collections.abc import Iterator

from privcv_bringup.run.narrator import Event
from privcv_core.errors import SettingsError
from privcv_core.node.health import Level
from privcv_site.floor_view import check_floor_view
from privcv_site.geometry import check_geometry
from privcv_site.preflight import size_is_known
from privcv_site.site import Site


def late_geometry(site: Site, event: Event) -> Iterator[Event]:
    """What is wrong with the camera that ``event`` says is running, if its size was not known."""
    if event.kind != "camera_running" or event.source not in site.cameras:
        return
    camera = site.cameras[event.source]
    width, _, height = str(event.facts.get("size_px", "")).partition("x")
    if size_is_known(camera) or not (width.isdecimal() and height.isdecimal()):
        return
    try:
        size = int(width), int(height)
        calibration = check_geometry(camera, size, f"cameras.{event.source}")
        if calibration is not None:
            check_floor_view(site, event.source, calibration, size, "")
    except SettingsError as error:
        yield Event("geometry", event.source, str(error), Level.ERROR)
