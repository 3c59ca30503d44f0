# SPDX-License-Identifier: Apache-2.0
"""The health of a device as its collector is told it: nothing in it depends on who was there.

A device sends it on a fixed schedule, whatever happens, signed, in an envelope of sequence 0::

    {"health":{"audit_log":"ok","authorizations":[…],"breaches":{…},…}}

There is no place in it for load, frames, lateness, temperature or counts of people: how busy a
camera computer is tells whether somebody is in front of it. Figures are coarse. Of the registers
of requests and breaches only numbers and the nearest deadline are told: no id, no kind, no name.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import DeviceHealthError
from privcv_core.protocol.release import ReportTime, words_of
from privcv_core.settings.model import Name

EVERY_S = 900.0
"""How often a device tells it, s."""

MOST_BYTES = 32_768
"""Longest report of health, canonical JSON."""

MOST_CAMERAS, MOST_PARTS, MOST_OPEN = 64, 256, 1000
AGE_STEP_MIN, DISK_STEP = 10, 5
LONGEST_H, LONGEST_MIN = 1_000_000, 10_000_000

Chain = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62}){0,3}$")
]
"""Name of a chain of the audit log: of the part of the device that writes it."""

Checked = Literal["canary", "graph", "measured"]
"""What is checked on the device and entered in its audit log, beside the log itself."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpentBudget(_Strict):
    """What one unit may have spent at the most on this budget day, of the promise."""

    epsilon_spent: float = Field(ge=0, allow_inf_nan=False)
    epsilon_total: float = Field(gt=0, allow_inf_nan=False)
    delta_spent: float = Field(ge=0, le=1)
    delta_total: float = Field(ge=0, le=1)
    exhausted: bool = Field(description="Every report is suppressed until the day turns.")


class CameraAuthorization(_Strict):
    """Whether a camera may be looked through, by its signed record; hours and pauses aside."""

    camera: Name
    state: Literal["authorized", "not_required", "ended", "refused"]
    ends: ReportTime | None = Field(None, description="When the record ends, where it says it.")


class OpenRequests(_Strict):
    """Requests of data subjects that are not answered: how many, and by when."""

    open: int = Field(strict=True, ge=0, le=MOST_OPEN)
    overdue: int = Field(strict=True, ge=0, le=MOST_OPEN)
    next_deadline: date | None = None


class OpenBreaches(_Strict):
    """Breaches that are not closed; of how many somebody is still to be told, and by when."""

    open: int = Field(strict=True, ge=0, le=MOST_OPEN)
    to_tell: int = Field(strict=True, ge=0, le=MOST_OPEN)
    next_deadline: ReportTime | None = Field(None, description="72 h after it was noticed.")


class LastCheck(_Strict):
    """When something was last checked, and whether anything was found."""

    what: Checked
    at: ReportTime
    found: bool = Field(description="Something was found that somebody has to look at.")


class DeviceHealth(_Strict):
    """How one device does."""

    version: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$", description="Of privcv.")
    uptime_h: int = Field(
        strict=True, ge=0, le=LONGEST_H, description="Since its uplink started, whole hours."
    )
    delivery: Literal["ok", "waiting", "blocked"] = Field(
        description="Of reports. 'blocked': somebody has to act."
    )
    outbox_age_min: int = Field(
        strict=True,
        ge=0,
        le=LONGEST_MIN,
        multiple_of=AGE_STEP_MIN,
        description="Age of the oldest report that waits, minutes in tens; 0: none waits.",
    )
    disk_used_percent: int = Field(strict=True, ge=0, le=100, multiple_of=DISK_STEP)
    audit_log: Literal["ok", "broken", "off"]
    parts: dict[Chain, Literal["running", "stopped"]] = Field(
        max_length=MOST_PARTS, description="As their chains of the audit log say of their process."
    )
    budget: SpentBudget | None = Field(None, description="Null: not known yet.")
    authorizations: list[CameraAuthorization] = Field(max_length=MOST_CAMERAS)
    requests: OpenRequests
    breaches: OpenBreaches
    checked: list[LastCheck] = Field(max_length=3)

    def content(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return self.model_dump(mode="json")

    def canonical(self) -> bytes:
        """Its bytes (RFC 8785); raises ``DeviceHealthError`` where they are too many."""
        spelled = canonical(self.content())
        if len(spelled) > MOST_BYTES:
            raise DeviceHealthError(
                f"the report of health has {len(spelled)} bytes, at most {MOST_BYTES} are sent"
            )
        return spelled


def read_device_health(text: str | bytes) -> DeviceHealth:
    """The report that JSON spells. Raises ``DeviceHealthError``."""
    if len(text) > MOST_BYTES:
        raise DeviceHealthError(f"health: {len(text)} bytes; at most {MOST_BYTES} are allowed")
    try:
        return DeviceHealth.model_validate_json(text)
    except ValidationError as error:
        raise DeviceHealthError(f"health: {words_of(error)}") from error
