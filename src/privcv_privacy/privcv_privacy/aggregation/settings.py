# SPDX-License-Identifier: Apache-2.0
"""Settings of the aggregation: the promise, the zones of each camera, its files."""

from pydantic import Field

from privcv_core.audit.log import AuditSettings
from privcv_core.settings.model import Name, PathSetting, Settings
from privcv_core.settings.time_zone import TimeZone
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.line_settings import MAX_LINES, LineSettings
from privcv_privacy.settings import PrivacySettings


class CameraZones(Settings):
    """The zones of one camera."""

    zones: dict[Name, ZoneSettings] = Field(description="Parts of the floor that are counted.")
    lines: dict[Name, LineSettings] = Field(
        default_factory=dict,
        max_length=MAX_LINES,
        description="Lines whose crossings the camera tells; nothing is counted of them yet.",
    )


class AggregationSettings(PrivacySettings):
    """Parameters of the aggregation node."""

    cameras: dict[Name, CameraZones] = Field(min_length=1, description="Zones, by camera.")
    ledger: PathSetting = Field(description="The budget ledger, an SQLite file.")
    anchor: PathSetting | None = Field(
        None,
        description="Where the end of the ledger's audit chain is kept, best on another disk; "
        "default: beside the ledger.",
    )
    time_zone: TimeZone = Field("UTC", description="Of the days that zones' costs are booked on.")
    refuse_future: bool = Field(
        True,
        description="Ignore ticks that are ahead of the clock; off where a file is replayed "
        "faster than real time.",
    )
    listeners: int = Field(
        0, ge=0, le=16, description="Subscriptions to reports to wait for before the node starts."
    )
    audit: AuditSettings | None = Field(None, description="Where spends are recorded.")
    silent_after_s: float = Field(
        20.0, ge=1, le=3600,
        description="A camera without a tick for so long, s, is treated as silent: its "
        "windows close without it.",
    )  # fmt: skip
