# SPDX-License-Identifier: Apache-2.0
"""Pseudonymous tracks to noisy totals: one per device, one budget, one ledger.

Subscribes   CAMERA/anonymous_tracks      privcv_msgs/AnonymousTracks   reliable; for each camera
             delivery_status              privcv_msgs/DeliveryStatus    transient local
             guard_heartbeat              privcv_msgs/GuardHeartbeat    reliable, see ``GuardWatch``
Publishes    zone_reports                 privcv_msgs/ZoneReports       reliable, until accepted
             secure_reports               privcv_msgs/SecureReport      reliable, until accepted
             privacy_budget               privcv_msgs/PrivacyBudget     transient local
Calls        CAMERA/rotate_identities     after a restart: new identities are new visits
Parameters   ``AggregationSettings``
"""

from collections.abc import Callable
from functools import partial

from privcv_core.event_time.running_time import running_time
from privcv_core.node.health import Health
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import LATCHED, RELIABLE
from privcv_core.protocol.timestamps import s_from_ns
from privcv_msgs.msg import AnonymousTracks, DeliveryStatus, PrivacyBudget
from privcv_privacy.across.across_aggregator import make_aggregator
from privcv_privacy.aggregation.camera_clocks import CameraClocks
from privcv_privacy.aggregation.release_content import spend_facts
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.anonymous_tick import TICK_S, unobserved
from privcv_privacy.budget.accounting import Release
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError
from privcv_privacy.nodes.aggregation_health import ReportGuards, aggregation_health
from privcv_privacy.nodes.guard_watch import GuardWatch
from privcv_privacy.nodes.kept_reports import EACH_S, end_old_reports
from privcv_privacy.nodes.messages import (
    anonymous_tick,
    budget_message,
    check_anonymous_tracks,
    check_delivery_status,
)
from privcv_privacy.nodes.release_publishers import ReleasePublishers
from privcv_privacy.nodes.renewal import Renewal
from privcv_privacy.nodes.rollback_watch import RollbackWatch, Watches

REPUBLISH_S = 5.0


class AggregationNode(GraphNode[AggregationSettings]):
    """Feeds the aggregator, publishes what the ledger has committed, and nothing else."""

    node_name = "aggregation"
    settings_model = AggregationSettings
    _ledger: Ledger | None = None
    _renewal: Renewal | None = None

    def configure(self) -> None:
        settings = self.settings
        self._ledger = Ledger(settings.ledger, settings.anchor, settings.time_zone)
        clock = self._now_s if settings.refuse_future else None
        ran_s = lambda: s_from_ns(running_time().at_ns)  # noqa: E731
        self._aggregator = make_aggregator(settings, self._ledger, clock, ran_s)
        self._clocks = CameraClocks(settings.cameras, settings.silent_after_s)
        self._guarded = ReportGuards(settings.cameras, self.get_logger().warning)
        guard = GuardWatch(self, required=settings.require_guard)
        self._guard = Watches(guard, RollbackWatch(self, self._ledger, settings))
        self._fault: LedgerError | None = None
        self._uplink_is_there = False
        self._releases = ReleasePublishers(self)
        self._budget = self.create_publisher(PrivacyBudget, "privacy_budget", LATCHED)
        self.listen(DeliveryStatus, "delivery_status", self._acknowledge, LATCHED)
        self.create_timer(1.0, self._each_second)
        self.create_timer(REPUBLISH_S, self._republish)
        end = partial(end_old_reports, self.audit_log, self._ledger, settings.ledger_days)
        end()
        self.create_timer(EACH_S, end)

    def activate(self) -> None:
        assert self._ledger is not None
        self.require_listeners(self._releases.reports, self.settings.listeners)
        again = self._ledger.head > 0
        self._renewal = Renewal(self, self.settings.cameras) if again else None
        for name in self.settings.cameras:  # not before: a camera that is heard begins to look
            topic, on_tick = f"{name}/anonymous_tracks", partial(self._on_tick, name)
            self.listen_dated(AnonymousTracks, topic, on_tick, RELIABLE)
        self._publish_budget()

    def cleanup(self) -> None:
        self._renewal = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def health(self) -> Health:
        assert self._ledger is not None
        unanswered = self._renewal.unanswered if self._renewal else ()
        return aggregation_health(
            self._aggregator,
            self._ledger,
            self._clocks,
            unanswered,
            self._fault,
            [*self._guard.warnings, *self._guarded.budget_warnings],
            [*self._guarded.silence_warnings, *self._aggregator.warnings],
        )

    def _on_tick(self, camera: str, message: AnonymousTracks, made_ns: int) -> None:
        if not self.is_active:
            return
        check_anonymous_tracks(message, camera, len(self.settings.cameras[camera].lines))
        accepted = self._aggregator.counts.accepted
        counts = (message.tick_s, message.epoch_s) == (TICK_S, self.settings.epoch_s)
        asked = self._renewal if counts else None
        if asked and asked.reached(camera, message.generation, made_ns):
            self._aggregator.identities_renewed(camera, message.tick)
        tick = anonymous_tick(message)
        tick = unobserved(tick) if self._guard.withholds else tick
        self._release(lambda: self._aggregator.on_tick(tick))
        if not counts:  # that it came is all that is kept of it
            return
        if message.last:
            self._release(lambda: self._aggregator.finish(camera))
        ended = self._clocks.ended
        # A live camera all of whose ticks are refused is as good as silent: its windows must end.
        if self._aggregator.counts.accepted > accepted or not self.settings.refuse_future:
            self._clocks.on_tick(camera, message.tick, last=message.last)
        if self._clocks.ended != ended:
            self._publish_budget()

    def _each_second(self) -> None:
        """Windows end even where nothing comes: unobserved time lowers the coverage."""
        if not self.is_active:
            return
        self._guard.note()
        if self._renewal is not None:
            self._renewal.ask()
        for camera, tick in self._clocks.silent().items():
            if self.settings.refuse_future:
                self._release(partial(self._aggregator.on_silence, camera))
            else:
                self._release(partial(self._aggregator.advance, camera, tick))
        self._guarded.note(self._aggregator.exhausted, self._clocks.silent())

    def _release(self, commit: Callable[[], list[Release]]) -> None:
        """Publish what ``commit`` returns; a ledger that fails releases nothing."""
        self._aggregator.withhold("fault" if self._guard.withholds else None)
        try:
            releases = commit()
        except LedgerError as error:
            if self._fault is None or error.lasting > self._fault.lasting:
                self.get_logger().error(str(error))
            self._fault = error
            return
        if self._fault is not None and not self._fault.lasting:
            self._fault = None
        for release in releases:
            if release.fresh:  # recorded before it leaves; no record, no publication
                self.record("budget.spent", **spend_facts(release))
            self._releases.publish(release)
        if releases:
            self._publish_budget()

    def _republish(self) -> None:
        """Once more, what the outbox has not confirmed: the same bytes, oldest first."""
        if not self.is_active or not self._uplink_is_there or self._guard.withholds:
            return
        self._release(self._unacknowledged)

    def _unacknowledged(self) -> list[Release]:
        assert self._ledger is not None
        for release in self._ledger.unacknowledged()[:100]:
            self._releases.publish(release)
        return []

    def _acknowledge(self, status: DeliveryStatus) -> None:
        if self._ledger is None:
            return
        check_delivery_status(status)
        self._uplink_is_there = True
        if status.accepted_through:
            self._release(partial(self._acknowledged, status.accepted_through))

    def _acknowledged(self, sequence: int) -> list[Release]:
        assert self._ledger is not None
        self._ledger.acknowledge(sequence)
        return []

    def _publish_budget(self) -> None:
        assert self._ledger is not None
        exhausted, ended = bool(self._aggregator.exhausted), self._clocks.ended
        message = budget_message(self._ledger, self.settings, exhausted=exhausted, ended=ended)
        self.send(self._budget, message)

    def _now_s(self) -> float:
        return s_from_ns(self.get_clock().now().nanoseconds)


def main() -> None:
    run_node("privcv_privacy.nodes.aggregation:AggregationNode")
