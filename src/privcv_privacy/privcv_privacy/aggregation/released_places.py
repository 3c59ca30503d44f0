# SPDX-License-Identifier: Apache-2.0
"""Whether a site has the places of what it releases: lines to cross, and all that a queue needs."""

from collections.abc import Mapping
from typing import Protocol

from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.errors import PrivacyError
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.settings import Statistic


class Places(Protocol):
    """The zones and lines of a camera, by name."""

    @property
    def zones(self) -> Mapping[str, ZoneSettings]: ...

    @property
    def lines(self) -> Mapping[str, LineSettings]: ...


def check_places(release: list[Statistic], cameras: Mapping[str, Places]) -> None:
    """Raise ``PrivacyError`` naming what ``cameras`` lack for ``release``, and the fix."""
    if "entries" in release and not any(camera.lines for camera in cameras.values()):
        raise PrivacyError(
            "release: lists entries, and no camera has lines: add one, or take it out"
        )
    lacking = {"presence", "dwell"} - set(release)
    for name, camera in cameras.items():
        for zone, settings in camera.zones.items():
            if settings.queue and lacking:
                raise PrivacyError(
                    f"camera '{name}': zone '{zone}' is a queue, whose length is presence and "
                    f"whose wait is dwell: add {' and '.join(sorted(lacking))} to privacy.release"
                )
