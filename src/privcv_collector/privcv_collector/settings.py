# SPDX-License-Identifier: Apache-2.0
"""Settings of a collector: its database, and the limits on what strangers and devices may send."""

from pydantic import Field, model_validator

from privcv_collector.alerts.settings import AlertSettings
from privcv_collector.sums.settings import SumSettings
from privcv_core.settings.model import PathSetting, Settings


class CollectorSettings(Settings):
    """Limits and places of one collector process."""

    db: str = Field(
        "sqlite:///privcv-collector.db",
        description="SQLAlchemy URL of the database: sqlite:///FILE or postgresql://USER@HOST/NAME",
    )
    admin_token_file: PathSetting | None = Field(
        None, description="file that holds an access token with the role admin"
    )
    max_body_bytes: int = Field(
        1_048_576, ge=1024, le=67_108_864, description="largest request body taken, bytes"
    )
    max_bodies_bytes: int = Field(
        67_108_864,
        ge=1024,
        le=2**40,
        description="what all bodies that are arriving may hold together, bytes",
    )
    body_timeout_s: float = Field(
        20.0, gt=0, le=600, description="longest time a request body may take to arrive, s"
    )
    max_ahead_s: float = Field(
        300.0, ge=0, le=86_400, description="how far a device's clock may be ahead, s"
    )
    max_age_s: float = Field(
        30 * 86_400.0,
        ge=60,
        le=366 * 86_400,
        description="oldest batch taken, s; at least the age that outboxes keep",
    )
    key_overlap_s: float = Field(
        7 * 86_400.0,
        ge=0,
        le=366 * 86_400,
        description="how long a device's older key stays valid after a rotation, s",
    )
    device_rate_hz: float = Field(
        200.0, gt=0, le=1e6, description="requests per second of one device, on average"
    )
    peer_rate_hz: float = Field(
        2000.0, gt=0, le=1e6, description="requests per second of one network address, on average"
    )
    open_rate_hz: float = Field(
        50.0,
        gt=0,
        le=1e6,
        description="requests per second of one network address, on average, for what needs no "
        "token: /healthz, /, /docs, /openapi.json and paths that are none",
    )
    burst_s: float = Field(
        5.0, ge=1, le=600, description="a burst may be as large as the rate times this, s"
    )
    max_waiting: int = Field(
        2000, ge=1, le=1_000_000, description="batches that may wait to be stored before 503"
    )
    max_streams_of_token: int = Field(
        64, ge=1, le=1_000_000, description="streams of events that one access token may have open"
    )
    max_streams_of_network: int = Field(
        512, ge=1, le=1_000_000, description="the same of one network address"
    )
    max_streams: int = Field(2048, ge=1, le=1_000_000, description="the same of all")
    keep_reports_d: float | None = Field(
        None,
        gt=0,
        le=36_525,
        description="how long reports are kept after the month of their window, days; without it "
        "for ever. What ends is deleted, with a row in the audit of administrators",
    )

    attestation_policy: PathSetting | None = Field(
        None,
        description="file (YAML) with what TPMs of devices must show; without it their quotes are "
        "checked and their registers compared with nothing",
    )

    alerts: AlertSettings = Field(
        default_factory=AlertSettings, description="broker and mail server through which alerts go"
    )

    sums: SumSettings = Field(
        default_factory=SumSettings, description="sums over sites: role, keys, tasks and log"
    )

    @model_validator(mode="after")
    def _keeps_what_it_takes(self) -> "CollectorSettings":
        if self.keep_reports_d is not None and self.keep_reports_d * 86_400 < self.max_age_s:
            raise ValueError(
                f"keep_reports_d: {self.keep_reports_d:g} days are less than the age of a batch "
                f"that is still taken (max_age_s, {self.max_age_s / 86_400:g} days): keep longer"
            )
        return self
