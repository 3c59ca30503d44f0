# SPDX-License-Identifier: Apache-2.0
"""Settings of the uplink: where reports go, who they trust, what waits meanwhile."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from privcv_across.attestation.attestation_key import FILE
from privcv_across.attestation.nv_counter import TpmSettings
from privcv_core.files.secret_file import credential
from privcv_core.files.state_folder import default_state
from privcv_core.masking import mask_address, problem_of, remember
from privcv_core.protocol.pin import PIN_PATTERN
from privcv_core.settings.extensions import KIND, ChosenByKind
from privcv_core.settings.model import TRUST, PathSetting, Settings


def state_folder() -> Path:
    """Where outbox and key are kept: systemd's ``$STATE_DIRECTORY``, else the user's own."""
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(state) if state else default_state()


def default_key_file() -> Path:
    """The systemd credential ``uplink-key`` where there is one, else a file beside the outbox."""
    return credential_key_file() or state_folder() / "uplink-key.json"


def credential_key_file() -> Path | None:
    """The systemd credential ``uplink-key``, where this process was given one."""
    return credential("uplink-key")


class OutboxSettings(Settings):
    """What may wait on the device. Beyond a bound, the oldest releases are dropped and counted."""

    file: PathSetting = Field(
        default_factory=lambda: state_folder() / "outbox.db", description="SQLite file"
    )
    max_mb: int = Field(default=256, ge=1, le=65536, description="releases that wait, at most, MB")
    max_age_days: float = Field(
        default=30.0, gt=0, le=3650, description="age of a waiting release, at most, days running"
    )
    set_aside_days: float = Field(
        default=30.0,
        gt=0,
        le=3650,
        description="what was set aside (refused or damaged) ends after so many days running",
    )
    batch_releases: int = Field(default=10, ge=1, le=1000, description="releases in one request")
    batch_kb: int = Field(default=512, ge=16, le=2048, description="size of one request, about, kB")


class RetrySettings(Settings):
    """How long the uplink waits after a failure: doubling, with jitter, up to a longest wait."""

    first_s: float = Field(default=1.0, gt=0, le=60, description="wait after the first failure, s")
    longest_s: float = Field(default=300.0, gt=0, le=3600, description="longest wait, s")
    blocked_s: float = Field(
        default=900.0, gt=0, le=86400, description="wait while somebody has to act, s"
    )
    connect_timeout_s: float = Field(default=10.0, gt=0, le=120, description="to connect, s")
    request_timeout_s: float = Field(default=30.0, gt=0, le=600, description="for an answer, s")


class MqttSettings(Settings):
    """The broker's side of the MQTT transport."""

    username: str = Field(default="", max_length=64, description="name at the broker; '' for none")
    client_id: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_.:-]{0,64}$",
        description="client identifier at the broker; '' for 'privcv' and 16 digits of the device",
    )
    password_file: PathSetting | None = Field(default=None, description="file with the password")
    topic: str = Field(
        default="privcv",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description="first levels of the topics",
    )
    discovery: str = Field(
        default="homeassistant",
        pattern=r"^([A-Za-z0-9_-]+)?$",
        description="topic of Home Assistant's discovery; '' for none",
    )


class UplinkSettings(ChosenByKind):
    """Where reports go."""

    model_config = ConfigDict(json_schema_extra=TRUST)
    door = "transports"
    ours = ("builtin",)

    kind: str = Field(
        "builtin", pattern=KIND, max_length=64,
        description="builtin: HTTPS or MQTT, as the URL says; or the name of a transport that an "
        "installed package adds",
    )  # fmt: skip
    url: str = Field(
        max_length=256,
        description="https://HOST[:PORT][/PATH] or mqtts://HOST[:PORT]; of a package's transport: "
        "what that says",
    )
    pins: list[str] = Field(
        default_factory=list,
        max_length=8,
        description="public keys of the server, 'sha256/…', from 'privcv pin'; better two than "
        "one. Builtin transports need one",
    )
    ca_file: PathSetting | None = Field(
        default=None, description="authorities (PEM) to trust instead of the system's"
    )
    client_certificate: PathSetting | None = Field(
        default=None, description="certificate (PEM) to show the server"
    )
    client_key: PathSetting | None = Field(default=None, description="its private key (PEM)")
    proxy: str = Field(
        default="", max_length=256, description="http://HOST:PORT to tunnel through; '' for none"
    )
    key_file: PathSetting = Field(
        default_factory=default_key_file, description="signing keys, from 'privcv keys new'"
    )
    enrolment_token_file: PathSetting | None = Field(
        default=None, description="file with a one-time token, to enrol where not yet known"
    )
    send_health: bool = Field(
        default=True,
        description="tell the collector every 15 minutes how the device does: version, outbox, "
        "disk, budget, authorizations, open requests and breaches; nothing that tells of people",
    )
    outbox: OutboxSettings = Field(default_factory=OutboxSettings, description="what waits")
    tpm: TpmSettings | None = Field(
        default=None,
        description="whose counter makes an old copy of the outbox known, and which shows the "
        "collector what state the device is in, once it is enrolled",
    )
    retry: RetrySettings = Field(default_factory=RetrySettings, description="when to try again")
    mqtt: MqttSettings = Field(default_factory=MqttSettings, description="for mqtts:// only")

    @property
    def attestation_key(self) -> Path:
        """The file of the key with which the TPM signs what state the device is in."""
        return self.outbox.file.with_name(FILE)

    @property
    def transport(self) -> Literal["https", "mqtt"]:
        """Which transport the URL asks for."""
        return "mqtt" if self.url.startswith("mqtts://") else "https"

    @property
    def host(self) -> str:
        """Host name of the URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Port of the URL: 443 or 8883 where it names none."""
        return urlsplit(self.url).port or (8883 if self.transport == "mqtt" else 443)

    @field_validator("url")
    @classmethod
    def _secure_url(cls, url: str, info: ValidationInfo) -> str:
        remember(url)
        if info.data.get("kind") not in cls.ours:
            return url
        shown = mask_address(url)
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            # urllib repeats what it took for the port, which may be a part of a password.
            why = "Port out of range" if "out of range" in str(error) else "is no address"
            raise ValueError(f"'{shown}': {why}: write https://HOST[:PORT]") from None
        if parts.scheme not in ("https", "mqtts") or not parts.hostname:
            raise ValueError(f"'{shown}' must be https://HOST or mqtts://HOST")
        if parts.username or parts.query or parts.fragment:
            raise ValueError(f"'{shown}' must not hold a user, a query or a fragment")
        return url.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _proxy_url(cls, proxy: str) -> str:
        if not proxy:
            return proxy
        remember(proxy)
        try:
            parts = urlsplit(proxy)
            fits = parts.scheme == "http" and parts.hostname and parts.port != 0
        except ValueError:
            fits = False
        if not fits or (problem := problem_of(proxy)):
            why = problem if fits else "must be http://HOST:PORT, or '' for none"
            raise ValueError(f"'{mask_address(proxy)}' {why}")
        return proxy

    @field_validator("pins")
    @classmethod
    def _known_pins(cls, pins: list[str]) -> list[str]:
        for pin in pins:
            if not PIN_PATTERN.fullmatch(pin):
                raise ValueError(f"'{pin}' must look like sha256/… (44 characters of base64)")
        if len(set(pins)) != len(pins):
            raise ValueError("names one pin twice")
        return pins

    @model_validator(mode="after")
    def _certificate_and_key(self) -> "UplinkSettings":
        if self.is_ours and not self.pins:
            raise ValueError("pins: name at least 1 public key of the server, see 'privcv pin'")
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key: name both or neither")
        if self.proxy and self.transport == "mqtt":
            raise ValueError("proxy: is for https only")
        return self
