# SPDX-License-Identifier: Apache-2.0
"""Releases to a collector. Never saw a person.

Subscribes   zone_reports      privcv_msgs/ZoneReports      reliable
             secure_reports    privcv_msgs/SecureReport     reliable
             privacy_budget    privcv_msgs/PrivacyBudget    transient local
Publishes    delivery_status   privcv_msgs/DeliveryStatus   reliable, transient local; each second
Parameters   ``UplinkNodeSettings``

A release is acknowledged through ``accepted_through`` only once the outbox has it on disk; until
then the aggregation node publishes it again.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import rfc8785
from builtin_interfaces.msg import Time

from privcv_across.task.task_folder import report_sizes
from privcv_core.audit.checkpoint_thread import CheckpointThread
from privcv_core.audit.log import AuditLogError
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.messages import RefusedMessage
from privcv_core.node.process import run_node
from privcv_core.node.qos import LATCHED, RELIABLE
from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import Release
from privcv_core.protocol.release_message import from_message
from privcv_core.protocol.secure_message import from_secure_message
from privcv_core.protocol.secure_release import SecureRelease
from privcv_core.settings.extensions import loaded_facts
from privcv_msgs.msg import DeliveryStatus, PrivacyBudget, SecureReport, ZoneReports
from privcv_uplink.device_health import HealthReport
from privcv_uplink.node_settings import UplinkNodeSettings
from privcv_uplink.uplink import Uplink

STATES = {
    "idle": DeliveryStatus.STATE_IDLE,
    "delivering": DeliveryStatus.STATE_DELIVERING,
    "retrying": DeliveryStatus.STATE_RETRYING,
    "blocked": DeliveryStatus.STATE_BLOCKED,
}
LEVELS = {"idle": Level.OK, "delivering": Level.OK, "retrying": Level.WARN, "blocked": Level.ERROR}

END_SET_ASIDE_S = 3600.0


class UplinkNode(GraphNode[UplinkNodeSettings]):
    """Puts releases into the outbox and says how their delivery goes."""

    node_name = "uplink"
    settings_model = UplinkNodeSettings
    _uplink: Uplink | None = None
    _report: HealthReport | None = None
    _checkpoints: CheckpointThread | None = None
    _audit_fault = ""

    def configure(self) -> None:
        if not self.settings.is_ours:
            self.record("extension.loaded", **loaded_facts(self.settings))
        self._publisher = self.create_publisher(DeliveryStatus, "delivery_status", LATCHED)
        self.listen(ZoneReports, "zone_reports", self._take, RELIABLE)
        self.listen(SecureReport, "secure_reports", self._take_secure, RELIABLE)
        self.listen(PrivacyBudget, "privacy_budget", self._take_budget, LATCHED)
        self.create_timer(1.0, self._publish_status)
        self.create_timer(END_SET_ASIDE_S, self._end_set_aside)

    def activate(self) -> None:
        record = self.settings.site_record.encode()
        folder = self.settings.across
        self._sizes = report_sizes(folder) if folder else {}
        audit = self.settings.audit
        if self.settings.send_health:
            folder = audit.folder if audit is not None else None
            self._report = HealthReport(folder, self.settings.outbox.file)
        self._uplink = Uplink(self.settings, site_record=record, health=self._report)
        self._delivered = self._uplink.status().delivered
        self._uplink.start()
        if self.settings.audit is not None:
            self._checkpoints = CheckpointThread(
                self.settings.audit.folder, self._keep, self._broken
            )
            self._checkpoints.start()

    def deactivate(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.stop()
            self._checkpoints = None
        if self._uplink is not None:
            self._uplink.stop()
            self._uplink = None

    def health(self) -> Health:
        assert self._uplink is not None
        status = self._uplink.status()
        values: dict[str, str | int | float | bool] = {
            "pending": status.pending,
            "delivered": status.delivered,
            "dropped": status.dropped,
            "accepted through": status.accepted_through,
        }
        health = Health(LEVELS[status.state], status.last_error or status.state, values)
        for fault in (self._audit_fault, self._uplink.finding):
            if fault:
                health = health.and_also(Level.ERROR, fault)
        return health

    def _take(self, message: ZoneReports) -> None:
        self._accept(lambda: from_message(message))

    def _take_secure(self, message: SecureReport) -> None:
        self._accept(lambda: from_secure_message(message, self._sizes))

    def _accept(self, read: Callable[[], Release | SecureRelease]) -> None:
        if self._uplink is None:
            return
        try:
            release = read()
        except ReleaseError as error:  # not of our aggregation: it goes no further
            raise RefusedMessage(str(error)) from error
        if self._uplink.accept(release):
            self._publish_status()

    def _take_budget(self, message: PrivacyBudget) -> None:
        if self._report is not None and not self._report.take_budget(message):
            raise RefusedMessage("privacy_budget: states no budget")  # not of our aggregation

    def _keep(self, body: dict[str, Any]) -> None:
        """Send the heads of all audit chains to the collector; on the checkpoint thread."""
        if self._uplink is None:
            return
        self._uplink.checkpoint(body)
        digest = hashlib.sha256(rfc8785.dumps(body)).hexdigest()
        chains = len(body["checkpoint"]["heads"])
        try:
            self.record(
                "checkpoint.taken", digest=digest, chains=chains, kept_by=self.settings.host
            )
        except AuditLogError as error:
            self._audit_fault = str(error)

    def _end_set_aside(self) -> None:
        ended = self._uplink.end_set_aside() if self._uplink is not None else 0
        if ended:
            days = self.settings.outbox.set_aside_days
            self.record("kept.ended", store="outbox set aside", number=ended, days=days)

    def _broken(self, what: str) -> None:
        """An audit chain does not hold together; on the checkpoint thread."""
        self.get_logger().error(what)
        self._audit_fault = what
        if self._report is not None:
            self._report.audit_is_broken = True

    def _publish_status(self) -> None:
        if self._uplink is None:
            return
        self._uplink.count_hourly()
        status = self._uplink.status()
        if status.delivered > self._delivered:
            first, self._delivered = self._delivered + 1, status.delivered
            collector = self.settings.host
            self.record(
                "reports.transmitted", first=first, last=status.delivered, collector=collector
            )
        oldest = Time()
        if status.oldest_pending is not None:
            oldest.sec = int(status.oldest_pending.timestamp())
        said = DeliveryStatus(
            stamp=self.get_clock().now().to_msg(),
            accepted_through=status.accepted_through,
            pending=status.pending,
            oldest_pending=oldest,
            delivered=status.delivered,
            dropped=status.dropped,
            state=STATES[status.state],
            last_error=status.last_error[:64],
        )
        self.send(self._publisher, said)


def main() -> None:
    run_node("privcv_uplink.nodes.uplink:UplinkNode")
