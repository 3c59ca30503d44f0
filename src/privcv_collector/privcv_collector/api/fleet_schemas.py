# SPDX-License-Identifier: Apache-2.0
"""The bodies of what needs somebody: sites, and the health of devices."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from privcv_across.attestation.evidence import Status
from privcv_core.protocol.device_health import DeviceHealth

Need = Literal["well", "look", "soon", "now"]


class FleetProblem(BaseModel):
    """One thing that is wrong at a site."""

    code: str = Field(description="Such as 'silent' or 'authorization_ends'.")
    device: str = Field(description="'' for viewers.")
    what: str = Field(description="A camera, a part of the device or a number; '' where none.")
    until: str = Field(description="By when; '' where nothing says it.")


class FleetSite(BaseModel):
    """One site."""

    site: str
    label: str = Field(description="Free text: show it as text.")
    state: Need = Field(description="Whom its worst problem needs: nobody, or somebody by when.")
    devices: int = Field(description="Not revoked.")
    last_seen_at: str | None = Field(description="Of reports.")
    versions: list[str]
    problems: list[FleetProblem]


class FleetAnswer(BaseModel):
    """Sites, those first that need somebody most."""

    sites: list[FleetSite]


class HealthChange(BaseModel):
    """A state that a later report told otherwise."""

    at: str = Field(description="When the report came.")
    what: str
    before: str
    after: str


class KeptAttestation(BaseModel):
    """What the last evidence of a device came to."""

    status: Status = Field(description="'none': it showed none yet.")
    reason: str = Field(description="What spoke against it; '' where nothing did.")
    at: str | None = Field(description="When it was appraised.")
    until: str | None = Field(description="Until when that result counts; null: never.")
    good_until: str | None = Field(description="The same, with the grace time after a refusal.")
    claims: dict[str, Any] = Field(
        description="What was verified: 'pcrs' (number, SHA-256) and 'firmware' of the TPM."
    )


class KeptHealth(BaseModel):
    """How one device does."""

    site: str
    device: str
    sent_at: str
    received_at: str
    clock_offset_s: float = Field(
        description="Of the device's clock, by when its report came: ahead is positive."
    )
    health: DeviceHealth
    envelope: str = Field(description="As signed.")
    changes: list[HealthChange] = Field(description="Newest first, the last 200.")
    attestation: KeptAttestation | None = Field(description="Null: no TPM of it is enrolled.")


class DeviceHealthAnswer(BaseModel):
    """The newest report of each device."""

    devices: list[KeptHealth]
