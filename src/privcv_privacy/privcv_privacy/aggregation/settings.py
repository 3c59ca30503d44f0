# SPDX-License-Identifier: Apache-2.0
"""Settings of the aggregation: the promise, the zones of each camera, its files."""

from datetime import date
from typing import Any

from pydantic import Field, TypeAdapter, field_validator, model_validator

from privcv_across.attestation.nv_counter import TpmSettings
from privcv_core.audit.log import AuditSettings
from privcv_core.event_time.calendar import Calendar
from privcv_core.settings.hours import read_hours
from privcv_core.settings.model import Name, PathSetting, Settings
from privcv_core.settings.time_zone import TimeZone
from privcv_privacy.across_settings import AcrossSettings
from privcv_privacy.aggregation.floor_settings import FloorSettings, floor_of
from privcv_privacy.aggregation.joint_floor import Floor
from privcv_privacy.aggregation.released_places import check_places
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.errors import PrivacyError
from privcv_privacy.line_settings import MAX_LINES, LineSettings
from privcv_privacy.settings import PrivacySettings

_DAYS = TypeAdapter(list[date])


class CameraZones(Settings):
    """The zones of one camera."""

    zones: dict[Name, ZoneSettings] = Field(
        default_factory=dict,
        description="Parts of the floor that are counted; none: those of a floor of several.",
    )
    lines: dict[Name, LineSettings] = Field(
        default_factory=dict,
        max_length=MAX_LINES,
        description="Lines whose crossings are counted where entries are released.",
    )


class AggregationSettings(PrivacySettings):
    """Parameters of the aggregation node."""

    cameras: dict[Name, CameraZones] = Field(min_length=1, description="Zones, by camera.")
    floors: dict[Name, FloorSettings] = Field(
        default_factory=dict, description="Floors that several cameras count together, by name."
    )
    ledger: PathSetting = Field(description="The budget ledger, an SQLite file.")
    anchor: PathSetting | None = Field(
        None,
        description="Where the end of the ledger's audit chain is kept, best on another disk; "
        "default: beside the ledger.",
    )
    tpm: TpmSettings | None = Field(
        None, description="Whose counter makes an old copy of the ledger known; none: nobody's."
    )
    time_zone: TimeZone = Field(
        "UTC", description="Of windows, periods, and the days that zones' costs are booked on."
    )
    opening_hours: list[str] = Field(
        default_factory=list,
        max_length=32,
        description="When the site is open, such as 'mon,tue 08:00-20:00'; none: always.",
    )
    holidays: list[str] = Field(
        default_factory=list, max_length=400, description="Days on which it is not, YYYY-MM-DD."
    )
    refuse_future: bool = Field(
        True,
        description="Ignore ticks that are ahead of the clock; off where a file is replayed "
        "faster than real time.",
    )
    listeners: int = Field(
        0, ge=0, le=16, description="Subscriptions to reports to wait for before the node starts."
    )
    across: AcrossSettings | None = Field(
        None, description="Whom this device believes of sums over sites; none: takes part in none."
    )
    across_folder: PathSetting | None = Field(
        None, description="Folder of the sums over sites that this device joined, and of its key."
    )
    audit: AuditSettings | None = Field(None, description="Where spends are recorded.")
    ledger_days: int = Field(
        730, ge=31, description="Reports that nobody fetched end after so many days of running."
    )
    silent_after_s: float = Field(
        20.0, ge=1, le=3600,
        description="A camera without a tick for so long, s, is treated as silent: its "
        "windows close without it.",
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _with_cameras_over_floors(cls, content: Any) -> Any:
        """A camera with neither zones nor lines of its own is no parameter: ROS has no value for
        an empty group. A floor names it."""
        floors = content.get("floors") if isinstance(content, dict) else None
        if not isinstance(floors, dict):
            return content
        over = [floor.get("cameras") for floor in floors.values() if isinstance(floor, dict)]
        named: dict[str, Any] = {
            name: {} for cameras in over if isinstance(cameras, dict) for name in cameras
        }
        return {**content, "cameras": {**named, **content.get("cameras", {})}}

    @model_validator(mode="after")
    def _places_are_there(self) -> "AggregationSettings":
        try:
            check_places(self.release, self.cameras)
        except PrivacyError as error:
            raise ValueError(str(error)) from error
        return self

    @field_validator("opening_hours")
    @classmethod
    def _are_hours(cls, value: list[str]) -> list[str]:
        for text in value:
            read_hours(text)
        return value

    @field_validator("holidays")
    @classmethod
    def _are_days(cls, value: list[str]) -> list[str]:
        _DAYS.validate_python(value)
        return value

    @property
    def zone_maps(self) -> dict[str, ZoneMap]:
        """Those of the cameras that count for themselves. Raises ``ZoneError``."""
        over_floors = {camera for floor in self.floors.values() for camera in floor.cameras}
        return {
            name: zone_map(name, camera.zones, lines=camera.lines)
            for name, camera in self.cameras.items()
            if camera.zones or name not in over_floors
        }

    @property
    def joint_floors(self) -> dict[str, Floor]:
        """Those that several cameras count together. Raises ``ZoneError``."""
        lines = {name: camera.lines for name, camera in self.cameras.items()}
        return {
            name: floor_of(name, floor.zones, floor.cameras, lines)
            for name, floor in self.floors.items()
        }

    @property
    def calendar(self) -> Calendar:
        """The calendar of the site."""
        return Calendar(
            self.time_zone,
            tuple(map(read_hours, self.opening_hours)),
            frozenset(_DAYS.validate_python(self.holidays)),
        )
