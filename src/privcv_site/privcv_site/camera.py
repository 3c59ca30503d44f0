# SPDX-License-Identifier: Apache-2.0
"""One camera as files describe it: an entry of ``cameras`` in a site file, or a file of its own."""

from pydantic import Field

from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.settings.label import Label
from privcv_core.settings.model import Name, Settings
from privcv_perception.camera.privacy_zones import PrivacyZoneSettings
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.sources.settings import SourceSettings
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.line_settings import MAX_LINES, LineSettings
from privcv_privacy.settings import PrivacySettings


class Labelled(Settings):
    """What people call a place. The privacy process is not told: it knows names only."""

    label: Label = Field("", description="what people call it: free text of one line; '' for none")


class SiteZone(ZoneSettings, Labelled):
    """A zone as a site file has it."""

    capacity: int | None = Field(
        None, ge=1, le=100_000, description="people who may be in it at once; none: not known"
    )


class SiteLine(LineSettings, Labelled):
    """A line as a site file has it."""


class CameraEntry(CameraSettings):
    """Every key that a camera may have."""

    label: Label = Field("", description="What people call the camera: free text of one line.")
    anonymization: AnonymizationSettings = Field(
        default_factory=AnonymizationSettings, description="Cells, ticks, identities."
    )
    authorization: AuthorizationSettings | None = Field(
        None,
        description="Who permitted that this camera is looked through; without it the camera can "
        "be described and calibrated, and is not started.",
    )
    privacy_zones: dict[Name, PrivacyZoneSettings] = Field(
        default_factory=dict, description="Parts of the image that are blacked out, by name."
    )
    lines: dict[Name, SiteLine] = Field(
        default_factory=dict,
        max_length=MAX_LINES,
        description="Lines on the floor that people cross, by name: x1, y1, x2, y2, m.",
    )
    zones: dict[Name, SiteZone] = Field(
        default_factory=dict, description="Parts of the floor that are counted, by name."
    )


class CameraSite(CameraEntry):
    """One camera of a site."""

    source: SourceSettings = Field(description="Where its frames come from.")
    zones: dict[Name, SiteZone] = Field(
        default_factory=dict,
        description="Parts of the floor that are counted, by name; those of a camera over a floor "
        "of several are the floor's.",
    )

    @property
    def needs_authorization(self) -> bool:
        """Whether it stays closed without a valid record."""
        return self.authorization is None or self.authorization.required


class CameraFile(CameraEntry):
    """A file of one camera, such as ``privcv scene`` writes."""

    name: str = Field("camera", max_length=63, description="The camera's name.")
    privacy: PrivacySettings | None = Field(None, description="Not used here: a site's promise.")
