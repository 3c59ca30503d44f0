# SPDX-License-Identifier: Apache-2.0
"""A site's device without its camera: aggregation with its ledger, outbox and uplink."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from privcv_across.messages.report import Report
from privcv_across.task.task_folder import KeptTask, keep_task, new_key
from privcv_bringup.across_demo.scene import CAMERA, ZONES, Scene, polygon
from privcv_collector.devices.administration import issue_enrolment_token
from privcv_core.files.atomic_file import write_new
from privcv_core.protocol.demo_certificates import DemoCertificates
from privcv_core.protocol.secure_release import SecureRelease
from privcv_privacy.across.across_aggregator import AcrossAggregator, make_aggregator
from privcv_privacy.across_settings import AcrossSettings
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.device_keys import DeviceKeys
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.uplink import Uplink

SHARE = 0.5
"""Of epsilon, for totals over sites; the rest is for the site's own reports."""


@dataclass(frozen=True)
class Device:
    """One site of the roster."""

    name: str
    folder: Path
    scene: Scene
    reports: list[tuple[int, bytes]] = field(default_factory=list)
    """(window, id) of each sealed report that it delivered."""

    @property
    def sums_folder(self) -> Path:
        """Its tasks and its key for them."""
        return self.folder / "across"

    def new_key(self) -> str:
        """Make the key for the roster; what is public of it."""
        return new_key(self.sums_folder).public

    def count(self, kept: KeptTask, rules: AcrossSettings, uplink: Uplink) -> list[str]:
        """Join the task, count all of the scene and hand it to the uplink; what is wrong."""
        keep_task(self.sums_folder, kept)
        settings = AggregationSettings(
            cameras={
                CAMERA: {"zones": {
                    name: {"polygon_m": polygon(at)} for at, name in enumerate(ZONES)
                }}
            },
            ledger=self.folder / "ledger.db",
            across=rules,
            across_folder=self.sums_folder,
            across_share=SHARE,
            window_s=kept.signed.task.window_s,
        )  # fmt: skip
        with Ledger(settings.ledger) as ledger:
            aggregator = make_aggregator(settings, ledger, None, time.monotonic)
            for tick in self.scene.ticks(settings.epoch_s):
                for release in aggregator.on_tick(tick):
                    read = release.read_any()
                    if isinstance(read, SecureRelease):
                        metadata = Report.decode(read.secure.report_bytes).metadata
                        self.reports.append((metadata.time, metadata.report_id))
                    uplink.accept(read)
                    ledger.acknowledge(release.sequence)
            assert isinstance(aggregator, AcrossAggregator)
            return aggregator.warnings

    def keys(self) -> DeviceKeys:
        """Those of its uplink, by which the leader knows it."""
        return device_keys.read(self.folder / "uplink-key.json")

    def uplink(self, url: str, database: str, tls: DemoCertificates) -> Uplink:
        """Enrolled at the leader."""
        token, key = self.folder / "enrolment-token", self.folder / "uplink-key.json"
        device_keys.new(key)
        write_new(token, issue_enrolment_token(database, self.name), mode=0o600)
        return Uplink(
            UplinkSettings(
                url=url.rstrip("/"),
                pins=list(tls.pins),
                ca_file=tls.ca_file,
                key_file=key,
                enrolment_token_file=token,
                outbox={"file": self.folder / "outbox.db"},
                retry={"first_s": 0.2},
            )
        )
