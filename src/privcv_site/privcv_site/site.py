# SPDX-License-Identifier: Apache-2.0
"""A site file: everything about one device in one YAML file, checked as a whole."""

import math
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, model_validator

from privcv_core.audit.log import AuditSettings
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.settings.model import Name, PathSetting, Settings, load_settings
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.camera.privacy_zones import PrivacyZoneSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.tracking.settings import TrackerSettings
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.errors import PrivacyError
from privcv_privacy.settings import PrivacySettings
from privcv_uplink.settings import UplinkSettings


class CameraSite(Settings):
    """One camera of the site."""

    source: SourceSettings = Field(description="Where its frames come from.")
    detector: DetectorSettings = Field(
        default_factory=DetectorSettings, description="Which detector finds people."
    )
    calibration: CalibrationSettings = Field(
        default_factory=CalibrationSettings, description="How its pixels become metres."
    )
    tracker: TrackerSettings = Field(default_factory=TrackerSettings, description="The tracker.")
    anonymization: AnonymizationSettings = Field(
        default_factory=AnonymizationSettings, description="Cells, ticks, identities."
    )
    authorization: AuthorizationSettings = Field(
        default_factory=lambda: AuthorizationSettings(),
        description="Who permitted that this camera is looked through.",
    )
    privacy_zones: dict[Name, PrivacyZoneSettings] = Field(
        default_factory=dict, description="Parts of the image that are blacked out, by name."
    )
    zones: dict[Name, ZoneSettings] = Field(
        min_length=1, description="Parts of the floor that are counted, by name."
    )


class Site(Settings):
    """Everything that runs on one device."""

    site: Name = Field("site", description="Name of the site.")
    state: PathSetting = Field(
        Path("~/.local/state/privcv"),
        description="Folder of the ledger, the outbox and the audit log; one device, one folder.",
    )
    anchor: PathSetting | None = Field(
        None,
        description="Where the end of the ledger's chain is kept, best on another disk, so that an "
        "old copy of the state folder is noticed; default: beside the ledger.",
    )
    cameras: dict[Name, CameraSite] = Field(min_length=1, description="The cameras, by name.")
    privacy: PrivacySettings = Field(
        default_factory=PrivacySettings, description="The promise: budget, noise, windows."
    )
    audit: AuditSettings | None = Field(
        None, description="The audit log; default: the folder 'audit' of the state folder."
    )
    uplink: UplinkSettings | None = Field(
        None, description="Where reports go; without it they stay on this device."
    )

    @model_validator(mode="after")
    def _zones_fit(self) -> "Site":
        for name, camera in self.cameras.items():
            try:
                zone_map(name, camera.zones)
            except PrivacyError as error:
                raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _identities_end_in_time(self) -> "Site":
        """A visit that outlived what the budget takes for its longest life would pay twice."""
        for name, camera in self.cameras.items():
            longest_s = camera.anonymization.identities.longest_life_s + TICK_S
            if longest_s > self.privacy.identity_lifetime_s:
                raise ValueError(
                    f"camera '{name}': an identity may live {longest_s:.0f} s (period_s, grace_s "
                    f"and a tick): set privacy.identity_lifetime_s to {math.ceil(longest_s)} or "
                    f"more, or let identities rotate sooner"
                )
        return self

    @property
    def audit_log(self) -> AuditSettings:
        """Where every process records what it does."""
        return self.audit or AuditSettings(folder=self.state / "audit")


def load_site(path: Path | str) -> Site:
    """Read and check a site file. Raises ``SettingsError`` naming the file, the key and the fix."""
    return load_settings(Site, path)


def write_site(content: dict[str, Any], path: Path) -> Path:
    """Write a site file that a command made; it may name secrets, so only its owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    path.chmod(0o600)
    return path
