# SPDX-License-Identifier: Apache-2.0
"""A site file: everything about one device in one YAML file, checked as a whole."""

import math
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, field_validator, model_validator

from privcv_across.attestation.nv_counter import TpmSettings
from privcv_core.at_rest import key_check
from privcv_core.at_rest.keys import name_keys
from privcv_core.audit.log import AuditSettings
from privcv_core.files import graph_secret
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.folder import make_folder
from privcv_core.files.state_folder import DEFAULT_STATE
from privcv_core.settings.hours import Hours
from privcv_core.settings.key_source import KeySource
from privcv_core.settings.label import Label
from privcv_core.settings.model import Name, PathSetting, Settings, load_settings
from privcv_core.settings.namespace import Namespace, given_namespace
from privcv_core.settings.retention import RetentionSettings
from privcv_core.settings.time_zone import TimeZone
from privcv_core.settings.topic_name import full_topic_name
from privcv_images.live.node_settings import StreamSettings
from privcv_privacy.across_settings import AcrossSettings
from privcv_privacy.aggregation.released_places import check_places
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.errors import PrivacyError
from privcv_privacy.settings import PrivacySettings
from privcv_site.camera import CameraSite
from privcv_site.desk import DeskSettings
from privcv_site.floor import SiteFloor, check_floors
from privcv_uplink.settings import UplinkSettings, credential_key_file


class Site(Settings):
    """Everything that runs on one device."""

    site: Name = Field("site", description="Name of the site.")
    label: Label = Field("", description="What people call the site: free text of one line.")
    state: PathSetting = Field(
        Path(DEFAULT_STATE),
        description="Folder of the ledger, the outbox, the device key and the audit log, where "
        "they have no place of their own; one device, one folder.",
    )
    anchor: PathSetting | None = Field(
        None,
        description="Where the end of the ledger's chain is kept, best on another disk, so that an "
        "old copy of the state folder is noticed; default: beside the ledger.",
    )
    tpm: TpmSettings | None = Field(
        None,
        description="The TPM whose counters make an old copy of the ledger or the outbox known, "
        "also where their anchors were put back with them; none: nobody's. Needs the extra tpm.",
    )
    at_rest_key: KeySource | None = Field(
        None,
        description="Encrypts what is kept (ledger, outbox, audit log, authorizations, requests, "
        "breaches) with AES-256-GCM: 'credential' for the systemd credential at-rest-key, or a key "
        "file that only its owner can read, see 'privcv at-rest'; without it all is in the clear.",
    )
    namespace: Namespace = Field(
        "",
        description="ROS namespace of all nodes and topics of this device, such as robot1, so that "
        "several share one domain; '' for none. --namespace of a command goes before it.",
    )
    neighbours: list[Namespace] = Field(
        default_factory=list,
        max_length=32,
        description="Namespaces of other devices of privcv on this machine, which may read image "
        "topics that no camera of this site reads.",
    )
    cameras: dict[Name, CameraSite] = Field(min_length=1, description="The cameras, by name.")
    redactions: dict[Name, StreamSettings] = Field(
        default_factory=dict,
        max_length=16,
        description="Topics of images that are shown live with nobody in them, by the namespace "
        "that they get, which may be that of a camera; see docs/images.md.",
    )
    floors: dict[Name, SiteFloor] = Field(
        default_factory=dict,
        description="Floors that several cameras count together, each place by one of them.",
    )
    privacy: PrivacySettings = Field(
        default_factory=PrivacySettings, description="The promise: budget, noise, windows."
    )
    audit: AuditSettings | None = Field(
        None, description="The audit log; default: the folder 'audit' of the state folder."
    )
    retention: RetentionSettings = Field(
        default_factory=RetentionSettings,
        description="For how long things are kept, beside audit.retain_days and uplink.outbox.",
    )
    time_zone: TimeZone = Field(
        "UTC",
        description="IANA time zone of the site, such as Europe/Berlin: the days of costs, of "
        "requests of data subjects and of documents are those of its calendar.",
    )
    holidays: list[date] = Field(
        default_factory=list,
        max_length=400,
        description="Public holidays where the site is, YYYY-MM-DD: no deadline for an answer to "
        "a data subject ends on one, and the site is closed. They differ by region; ask counsel.",
    )
    opening_hours: list[Hours] = Field(
        default_factory=list,
        max_length=32,
        description="When the site is open, in its time zone: days, start and end, HH:MM; none: "
        "always. It decides nothing about what cameras may see: see 'authorization'.",
    )
    plan_m: list[float] | None = Field(
        None,
        min_length=4,
        max_length=4,
        description="Left, bottom, right, top of the plan on which the site is drawn, m; default: "
        "the box around all zones and lines.",
    )
    desk: DeskSettings | None = Field(
        None, description="What the counting is paused with at the desk; see 'privcv desk'."
    )
    across: AcrossSettings | None = Field(
        None,
        description="Whom this device believes of sums over sites, see 'privcv across'; without it "
        "it takes part in none.",
    )
    uplink: UplinkSettings | None = Field(
        None, description="Where reports go; without it they stay on this device."
    )

    @field_validator("plan_m")
    @classmethod
    def _is_a_box(cls, value: list[float] | None) -> list[float] | None:
        if value is not None:
            left, bottom, right, top = value
            if not (-1000 <= left < right <= 1000 and -1000 <= bottom < top <= 1000):
                raise ValueError("must be left, bottom, right, top, m, within 1000 m of 0, 0")
        return value

    @model_validator(mode="after")
    def _zones_fit(self) -> "Site":
        for name, camera in self.cameras.items():
            try:
                if camera.zones:
                    zone_map(name, camera.zones)
            except PrivacyError as error:
                raise ValueError(str(error)) from error
        try:
            check_places(self.privacy.release, self.cameras)
        except PrivacyError as error:
            raise ValueError(str(error)) from error
        check_floors(self.floors, self.cameras)
        return self

    @model_validator(mode="after")
    def _identities_end_in_time(self) -> "Site":
        """A visit that outlived what the budget takes for its longest life would pay twice."""
        for name, camera in self.cameras.items():
            forget_s = camera.anonymization.identities.forget_s
            if forget_s > self.privacy.identity_absence_s:
                raise ValueError(
                    f"camera '{name}': an identity may be absent for {forget_s:g} s (forget_s): "
                    f"set privacy.identity_absence_s to {math.ceil(forget_s)} or more"
                )
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

    @property
    def ledger(self) -> Path:
        """The budget ledger."""
        return self.state / "ledger.db"

    @property
    def counted_zones(self) -> frozenset[str]:
        """Names of all zones, of cameras that count for themselves and of floors."""
        of_cameras = {zone for camera in self.cameras.values() for zone in camera.zones}
        return frozenset(of_cameras.union(*(floor.zones for floor in self.floors.values())))

    @property
    def across_folder(self) -> Path:
        """The sums over sites that this device joined, and its key for them."""
        return self.state / "across"

    @property
    def anchor_file(self) -> Path:
        """Where the end of the ledger's chain is kept."""
        return self.anchor or self.ledger.with_name(f"{self.ledger.name}.anchor")

    @property
    def outbox(self) -> Path:
        """The uplink's outbox: where its settings say, else in the state folder."""
        if self.uplink is not None and "file" in self.uplink.outbox.model_fields_set:
            return self.uplink.outbox.file
        return self.state / "outbox.db"

    @property
    def device_key(self) -> Path:
        """The device's signing keys: where the uplink's settings say, else the systemd credential
        where this process has it, else in the state folder."""
        if self.uplink is not None and "key_file" in self.uplink.model_fields_set:
            return self.uplink.key_file
        return credential_key_file() or self.state / "uplink-key.json"

    @property
    def uplink_settings(self) -> UplinkSettings | None:
        """The settings of the uplink, each of its files in its place."""
        if self.uplink is None:
            return None
        outbox = self.uplink.outbox.model_copy(update={"file": self.outbox})
        files = {"outbox": outbox, "key_file": self.device_key, "tpm": self.tpm}
        return self.uplink.model_copy(update=files)

    @property
    def pause_callers(self) -> list[str]:
        """Nodes that may ask the desk for a pause, beside our own command."""
        service = self.desk.service if self.desk is not None else None
        return service.callers if service is not None else []

    @property
    def graph_secret(self) -> Path:
        """The secret by which the processes of this device know each other's messages."""
        return self.state / graph_secret.NAME

    @property
    def at_rest_check(self) -> Path:
        """A text that the keys for what is kept open."""
        return self.state / key_check.NAME

    @property
    def redacted_topics(self) -> dict[str, str]:
        """Stream -> full name of the topic of images that its redaction reads."""
        return {
            name: full_topic_name(stream.topic, f"{self.namespace}/{name}", "redaction")
            for name, stream in self.redactions.items()
        }

    @property
    def files_read(self) -> tuple[Path, ...]:
        """The files that its cameras name and that are read."""
        return tuple(file for camera in self.cameras.values() for file in camera.files_read)

    @property
    def frame_topics(self) -> dict[str, str]:
        """Camera -> full name of the topic of images that it reads, where its source is one."""
        return {
            name: full_topic_name(camera.source.uri, f"{self.namespace}/{name}", "detection")
            for name, camera in self.cameras.items()
            if camera.source.kind == "topic"
        }


def load_site(path: Path | str, namespace: str = "") -> Site:
    """Read and check a site file. Raises ``SettingsError`` naming the file, the key and the fix.

    What this process reads and writes from now on is that site's: with its keys.
    ``namespace``: as a command was given it, in place of the file's where it is not empty.
    """
    site = load_settings(Site, path)
    name_keys(site.at_rest_key)
    given = given_namespace(namespace, "--namespace")
    return site.model_copy(update={"namespace": given}) if given else site


def write_site(content: dict[str, Any], path: Path) -> Path:
    """Write a site file that a command made; it may name secrets, so only its owner reads it."""
    make_folder(path.parent)
    write_atomically(path, yaml.safe_dump(content, sort_keys=False), mode=0o600)
    return path
