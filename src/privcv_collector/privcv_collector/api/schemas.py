# SPDX-License-Identifier: Apache-2.0
"""The bodies that readers get."""

from datetime import date

from pydantic import BaseModel, Field

from privcv_collector.queries.report_states import State
from privcv_core.protocol.release import DwellReport, ZoneReport


class Total(ZoneReport):
    """A report of one zone, with its site and its state."""

    site: str
    state: State


class Dwell(DwellReport):
    """A report of how long people stayed, with its site and its state."""

    site: str
    state: State


class TotalsPage(BaseModel):
    """Some reports, and where to go on."""

    totals: list[Total]
    next: str | None = Field(description="Give this as 'after' to get what follows.")


class DwellPage(BaseModel):
    """Some reports, and where to go on."""

    dwell: list[Dwell]
    next: str | None = Field(description="Give this as 'after' to get what follows.")


class Budget(BaseModel):
    """What one zone spent on one day."""

    site: str
    device: str
    camera: str
    zone: str
    kind: str = Field(description="'zone', 'dwell' or 'statistic'.")
    epsilon: float = Field(description="Sum over the day's reports: an upper bound for any unit.")
    delta: float
    published: int
    suppressed: int


class BudgetsAnswer(BaseModel):
    """What all zones spent on one day."""

    day: date
    time_zone: str = Field(description="Whose calendar the day is of.")
    budgets: list[Budget]


class StoredCheckpoint(BaseModel):
    """A checkpoint, and what it says compared with those before it."""

    number: int
    site: str
    device: str
    verdict: str = Field(
        description="'not_contradicted', 'fork', 'truncated', 'disordered' or 'fast_forward'."
    )
    sent_at: str
    received_at: str
    envelope: str = Field(description="As the device signed it.")


class CheckpointsPage(BaseModel):
    """Checkpoints, newest first."""

    checkpoints: list[StoredCheckpoint]


class StoredRefusal(BaseModel):
    """Something that was refused."""

    number: int
    at: str
    error: str
    message: str
    path: str
    device: str | None = Field(description="As claimed; proven only where the signature was good.")
    peer: str | None
    times: int = Field(description="More than 1: a flood, of which this row is the last.")


class RefusalsPage(BaseModel):
    """Refusals, newest first."""

    refusals: list[StoredRefusal]


class DeviceKey(BaseModel):
    """A key of a device."""

    key_id: str
    alg: str
    public: str | None = Field(
        description="The public key (Ed25519), for 'privcv audit log verify --key'; HMAC has none."
    )
    added_at: str
    expires_at: str | None


class Gap(BaseModel):
    """Releases that were passed over."""

    first_release: int
    last_release: int
    missing: int
    declared: int = Field(description="Of these, how many the device said it gave up.")
    found_at: str


class Device(BaseModel):
    """A device."""

    device: str
    site: str
    enrolled_at: str
    revoked_at: str | None
    last_seen_at: str | None
    next_sequence: int
    last_release: int
    dropped: int = Field(description="Releases that the device says it gave up, ever.")
    keys: list[DeviceKey]
    gaps: list[Gap]


class DevicesAnswer(BaseModel):
    """Devices."""

    devices: list[Device]


class Read(BaseModel):
    """What one reader read in one hour."""

    number: int
    hour: str = Field(description="When the hour began.")
    reader_id: str = Field(description="Id of the access token, of no use as a token.")
    reader: str = Field(description="Its name.")
    role: str
    what: str = Field(description="The path.")
    sites: list[str] = Field(description="Which were asked for; empty: every site.")
    times: int


class ReadsPage(BaseModel):
    """Who read what, newest first."""

    reads: list[Read]
