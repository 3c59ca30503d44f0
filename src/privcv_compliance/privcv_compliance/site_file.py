# SPDX-License-Identifier: Apache-2.0
"""A site file as accountability reads it: the parts that it needs, and the digest of the whole.

``privcv up`` checks every key of the file; here only what documents state is looked at, so that an
assessment can also be made where the perception or uplink package is not installed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from privcv_compliance.errors import ComplianceError
from privcv_core.audit.log import AuditSettings
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.settings.model import PathSetting, Settings, parse_settings
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.settings import PrivacySettings

DEFAULT_STATE = "~/.local/state/privcv"


@dataclass(frozen=True)
class CameraFile:
    """One camera of the site."""

    name: str
    source_kind: str
    source_uri: str
    detector: str
    authorization: AuthorizationSettings | None
    anonymization: AnonymizationSettings
    privacy_zones: tuple[str, ...]
    zones: tuple[str, ...]
    calibration: str

    @property
    def needs_authorization(self) -> bool:
        """Whether the camera stays closed without a valid record."""
        return self.authorization is None or self.authorization.required


@dataclass(frozen=True)
class SiteFile:
    """What accountability needs to know of a site. ``digest``: SHA-256 of the file's bytes."""

    path: Path
    digest: str
    name: str
    state: Path
    audit: AuditSettings
    privacy: PrivacySettings
    cameras: Mapping[str, CameraFile]
    uplink: Mapping[str, Any] | None

    @classmethod
    def read(cls, path: Path) -> "SiteFile":
        """Read a site file. Raises ``ComplianceError`` or ``SettingsError``, with the fix."""
        try:
            raw = path.read_bytes()
            content = yaml.safe_load(raw)
        except OSError as error:
            raise ComplianceError(f"{path}: cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ComplianceError(f"{path}: is not valid YAML") from error
        if not isinstance(content, dict) or not isinstance(content.get("cameras"), dict):
            raise ComplianceError(f"{path}: must hold a mapping with 'cameras'")
        base = path.resolve().parent
        state = _path(content.get("state") or DEFAULT_STATE, base)
        audit = content.get("audit") or {"folder": str(state / "audit")}
        return cls(
            path=path,
            digest=hashlib.sha256(raw).hexdigest(),
            name=str(content.get("site", "site")),
            state=state,
            audit=parse_settings(AuditSettings, audit, f"{path}: audit", base),
            privacy=parse_settings(
                PrivacySettings, content.get("privacy") or {}, f"{path}: privacy", base
            ),
            cameras={
                str(name): _camera(str(name), entry or {}, f"{path}: cameras.{name}", base)
                for name, entry in content["cameras"].items()
            },
            uplink=content.get("uplink"),
        )

    @property
    def frame_topics(self) -> dict[str, str]:
        """Topic of images -> the camera that reads it."""
        return {
            camera.source_uri: camera.name
            for camera in self.cameras.values()
            if camera.source_kind == "topic"
        }

    @property
    def ledger(self) -> Path:
        """The budget ledger."""
        return self.state / "ledger.db"

    @property
    def outbox(self) -> Path:
        """The uplink's outbox: where the settings say, else in the user's own state folder."""
        named = ((self.uplink or {}).get("outbox") or {}).get("file")
        return _path(named or f"{DEFAULT_STATE}/outbox.db", self.path.resolve().parent)

    @property
    def device_key(self) -> Path:
        """The uplink's signing keys, likewise."""
        named = (self.uplink or {}).get("key_file")
        return _path(named or f"{DEFAULT_STATE}/uplink-key.json", self.path.resolve().parent)

    @property
    def collector(self) -> str:
        """Where reports go; empty where they stay on the device."""
        return str((self.uplink or {}).get("url", ""))

    def camera(self, name: str) -> CameraFile:
        """A camera by name. Raises ``ComplianceError``."""
        try:
            return self.cameras[name]
        except KeyError as error:
            known = ", ".join(sorted(self.cameras))
            raise ComplianceError(
                f"{self.path}: has no camera '{name}'; its cameras are {known}"
            ) from error


def _camera(name: str, entry: Mapping[str, Any], where: str, base: Path) -> CameraFile:
    source = entry.get("source") or {}
    authorization = entry.get("authorization")
    return CameraFile(
        name=name,
        source_kind=str(source.get("kind", "")),
        source_uri=str(source.get("uri", "")),
        detector=str((entry.get("detector") or {}).get("kind", "default")),
        authorization=None
        if authorization is None
        else parse_settings(AuthorizationSettings, authorization, f"{where}.authorization", base),
        anonymization=parse_settings(
            AnonymizationSettings, entry.get("anonymization") or {}, f"{where}.anonymization", base
        ),
        privacy_zones=tuple(sorted(entry.get("privacy_zones") or {})),
        zones=tuple(sorted(entry.get("zones") or {})),
        calibration=str((entry.get("calibration") or {}).get("kind", "none")),
    )


class _OnePath(Settings):
    path: PathSetting


def _path(text: Any, base: Path) -> Path:
    return parse_settings(_OnePath, {"path": str(text)}, "path", base).path
