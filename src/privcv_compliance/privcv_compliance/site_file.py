# SPDX-License-Identifier: Apache-2.0
"""A site file as documents cite it: the site that runs, its path, and the digest of its bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import cached_property
from pathlib import Path

from privcv_compliance.errors import ComplianceError
from privcv_core.audit.log import AuditSettings
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.files.regular_file import read_regular
from privcv_core.settings.time_zone import day_in
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.settings import PrivacySettings
from privcv_site.camera import CameraSite
from privcv_site.floor import SiteFloor
from privcv_site.site import Site, load_site
from privcv_uplink.settings import UplinkSettings


@dataclass(frozen=True)
class CameraFile:
    """One camera of the site."""

    name: str
    settings: CameraSite
    floor: tuple[str, SiteFloor] | None = None  # that it counts with others, by name

    @property
    def source_kind(self) -> str:
        """Kind of source: ``v4l2``, ``rtsp``, ``file`` or ``topic``."""
        return self.settings.source.kind

    @property
    def authorization(self) -> AuthorizationSettings | None:
        """Who may permit that the camera is looked through."""
        return self.settings.authorization

    @property
    def needs_authorization(self) -> bool:
        """Whether the camera stays closed without a valid record."""
        return self.settings.needs_authorization

    @property
    def anonymization(self) -> AnonymizationSettings:
        """How its tracks become anonymous."""
        return self.settings.anonymization

    @property
    def lines(self) -> tuple[str, ...]:
        """Names of the lines that people cross."""
        return tuple(sorted(self.settings.lines))

    @property
    def privacy_zones(self) -> tuple[str, ...]:
        """Names of the parts of the image that are blacked out."""
        return tuple(sorted(self.settings.privacy_zones))

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the parts of the floor that are counted, also of a floor of several cameras."""
        counted = self.settings.zones or (self.floor[1].zones if self.floor else {})
        return tuple(sorted(counted))

    @property
    def zones_key(self) -> str:
        """Where the site file names them."""
        if self.floor and not self.settings.zones:
            return f"floors.{self.floor[0]}.zones"
        return f"cameras.{self.name}.zones"


@dataclass(frozen=True)
class SiteFile:
    """What accountability needs to know of a site. ``digest``: SHA-256 of the file's bytes."""

    path: Path
    digest: str
    site: Site

    @classmethod
    def read(cls, path: Path, namespace: str = "") -> "SiteFile":
        """Read a site file as whatever starts it does. Raises ``SettingsError``, with the fix.

        ``namespace``: in place of the file's, where it is not empty.
        """
        site = load_site(path, namespace)
        return cls(path, hashlib.sha256(read_regular(path)).hexdigest(), site)

    @property
    def name(self) -> str:
        """Name of the site."""
        return self.site.site

    @property
    def time_zone(self) -> str:
        """IANA time zone whose calendar its dates are of."""
        return self.site.time_zone

    def today(self) -> date:
        """Today's date where the site is."""
        return day_in(datetime.now(timezone.utc), self.time_zone)

    @property
    def state(self) -> Path:
        """Folder of the ledger, the outbox and the audit log."""
        return self.site.state

    @property
    def audit(self) -> AuditSettings:
        """Where the audit log lies."""
        return self.site.audit_log

    @property
    def privacy(self) -> PrivacySettings:
        """The promise in numbers."""
        return self.site.privacy

    @property
    def uplink(self) -> UplinkSettings | None:
        """Where reports go; ``None`` where they stay on the device."""
        return self.site.uplink_settings

    @cached_property
    def cameras(self) -> Mapping[str, CameraFile]:
        """The cameras, by name."""
        over = {
            camera: (name, floor)
            for name, floor in self.site.floors.items()
            for camera in floor.cameras
        }
        return {
            name: CameraFile(name, settings, over.get(name))
            for name, settings in self.site.cameras.items()
        }

    @property
    def frame_topics(self) -> dict[str, str]:
        """Topic of images -> the camera that reads it."""
        return {topic: camera for camera, topic in self.site.frame_topics.items()}

    @property
    def ledger(self) -> Path:
        """The budget ledger."""
        return self.site.ledger

    @property
    def anchor(self) -> Path:
        """The anchor of the budget ledger."""
        return self.site.anchor_file

    @property
    def outbox(self) -> Path:
        """The uplink's outbox."""
        return self.site.outbox

    @property
    def device_key(self) -> Path:
        """The uplink's signing keys."""
        return self.site.device_key

    @property
    def collector(self) -> str:
        """Where reports go; empty where they stay on the device."""
        return self.site.uplink.url if self.site.uplink is not None else ""

    def camera(self, name: str) -> CameraFile:
        """A camera by name. Raises ``ComplianceError``."""
        try:
            return self.cameras[name]
        except KeyError as error:
            known = ", ".join(sorted(self.cameras))
            raise ComplianceError(
                f"{self.path}: has no camera '{name}'; its cameras are {known}"
            ) from error
