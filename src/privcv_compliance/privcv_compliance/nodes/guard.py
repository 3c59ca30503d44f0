# SPDX-License-Identifier: Apache-2.0
"""The guard: looks at the live graph every second, and when somebody comes or goes, and says on
/diagnostics what must not be.

Publishes    /diagnostics      diagnostic_msgs/DiagnosticArray   level ERROR with what was found
             guard_heartbeat   privcv_msgs/GuardHeartbeat        reliable; after each look
Parameters   ``GuardSettings``
"""

from collections.abc import Sequence

from pydantic import ConfigDict, Field

from privcv_compliance.graph.participants import Participants
from privcv_compliance.graph.restarts import Restarts
from privcv_compliance.graph.roles import check_roles, our_nodes
from privcv_compliance.graph.rules import Finding, GraphRules, check_graph
from privcv_compliance.graph.seen_findings import SeenFindings
from privcv_compliance.graph.told_changes import ToldChanges
from privcv_compliance.graph.unnamed import Unnamed
from privcv_compliance.graph.view import own_namespace, pixel_field, rules_for
from privcv_compliance.graph.watch import GraphWatch, Sight
from privcv_compliance.keeping.canary_watch import CanaryWatch
from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.log import AuditSettings
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import RELIABLE
from privcv_core.settings.model import TRUST, Name, Settings
from privcv_core.settings.namespace import Namespace
from privcv_msgs.msg import GuardHeartbeat

JUDGE_S = 0.1
"""How often the guard judges what was seen meanwhile, s."""

MOST_SHOWN = 60
"""So many findings are on /diagnostics one by one, those that are there for longest."""


class FrameTopic(Settings):
    """A topic of images that a camera reads."""

    topic: str = Field(min_length=2, description="full name of the topic, such as /door/image_raw")


class GuardSettings(Settings):
    """Parameters of the guard node."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    cameras: list[Name] = Field(min_length=1, description="The cameras of the site.")
    frame_topics: dict[Name, FrameTopic] = Field(
        default_factory=dict, description="Camera -> topic of images that its detection reads."
    )
    redactions: dict[Name, FrameTopic] = Field(
        default_factory=dict,
        description="Stream -> topic of images that its redaction reads, to show them without "
        "people.",
    )
    report_readers: list[str] = Field(
        ["uplink"],
        description="Names of the nodes that may listen to the reports; one without a leading "
        "slash is within the guard's namespace.",
    )
    detection_readers: list[str] = Field(
        default_factory=list,
        description="Likewise of those that may listen to detections beside tracking; a replay in "
        "lock-step names its player.",
    )
    lifecycle_manager: str = Field(
        "",
        description="Full name of the one node that may call the lifecycle services of nodes that "
        "were started by hand; without it, no node may.",
    )
    pause_callers: list[str] = Field(
        default_factory=list,
        description="Full names of nodes that may ask the desk for a pause, beside our command.",
    )
    neighbours: list[Namespace] = Field(
        default_factory=list,
        description="Namespaces of other devices of privcv on this domain and machine: their "
        "detection may read frames that no camera of this site reads.",
    )
    interval_s: float = Field(1.0, gt=0, le=2, description="Longest time between two looks, s.")
    audit: AuditSettings | None = Field(None, description="Where findings are recorded.")


class GuardNode(GraphNode[GuardSettings]):
    """Checks, tells, and records each change of what it found."""

    node_name = "guard"
    settings_model = GuardSettings
    _watch: GraphWatch | None = None

    def configure(self) -> None:
        self._seen = SeenFindings()
        audit = self.settings.audit
        self._canary = CanaryWatch(audit.folder if audit is not None else None)
        self._ours = our_nodes(self.settings.cameras, own_namespace(self), self.settings.redactions)
        self._unnamed = Unnamed(self._ours)
        self._participants = Participants(Restarts().since_asked)
        self._told: list[Finding] = []  # by nodes, since the last look
        rules = GraphRules(
            self.settings.cameras,
            lifecycle_manager=self.settings.lifecycle_manager,
            namespace=own_namespace(self),
        )
        self._changes = ToldChanges(self, rules, self._told.append)
        self._looks = 0
        self._heartbeat = self.create_publisher(GuardHeartbeat, "guard_heartbeat", RELIABLE)

    def activate(self) -> None:
        settings = self.settings
        self._watch = GraphWatch(
            self, [*settings.cameras, *settings.redactions], settings.interval_s
        )
        self._watch.start()
        self.create_timer(JUDGE_S, self._judge)

    def deactivate(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        if self.is_active and not self._is_shutting_down:  # the process's end has its own entry
            self.record("fault", where="guard", what="the guard no longer looks at the graph")

    def health(self) -> Health:
        findings = self._seen.shown[:MOST_SHOWN]
        values: dict[str, str | int | float | bool] = {
            "looks": self._looks,
            "findings": len(self._seen.shown),
            **{f"finding {number}": str(finding) for number, finding in enumerate(findings, 1)},
            **self._canary.values,
        }
        problems = [*((Level.ERROR, str(one)) for one in findings), *self._canary.problems]
        return Health.of(problems, values, "nobody listens in")

    def _judge(self) -> None:
        """Whatever was seen since the last time, and what nodes told."""
        assert self._watch is not None
        sights = self._watch.taken()
        if self._told and not sights:
            sights = [self._watch.look()]
        for sight in sights:
            self._tell(self._findings(sight), sight.at_s)
        if sights:
            self._canary.look_aside(sights[-1].at_s)
            self._looks += 1
            said = GuardHeartbeat(look=self._looks, findings=len(self._seen.shown))
            self.send(self._heartbeat, said)

    def _findings(self, sight: Sight) -> list[Finding]:
        settings = self.settings
        topics, calls = self._unnamed.settled(sight.topics, sight.calls, sight.at_s)
        self._changes.follow(calls)
        told, self._told[:] = list(self._told), []
        frames = {entry.topic: camera for camera, entry in settings.frame_topics.items()}
        rules = rules_for(
            self, topics, settings.cameras, frames, settings.report_readers,
            settings.lifecycle_manager, settings.pause_callers, settings.neighbours,
            settings.detection_readers,
            {stream: entry.topic for stream, entry in settings.redactions.items()},
        )  # fmt: skip
        return [
            *told,
            *check_graph(topics, rules, pixel_field),
            *check_roles(topics, sight.nodes, calls, rules),
            *self._participants.check(topics, calls, self._ours, sight.at_s),
        ]

    def _tell(self, findings: Sequence[Finding], now_s: float) -> None:
        record = self._seen.note(findings, now_s)
        if record is None:
            return
        more = (f"and {record.unnamed} more findings",) if record.unnamed else ()
        told = (*record.new, *more)
        for finding in told:
            self.get_logger().error(finding)
        self.record("graph.checked", findings=record.findings, digest=record.digest)
        for finding in told:  # one fault for each, however often another one comes or goes
            self.record("fault", where="guard", what=finding[:MAX_TEXT])


def main() -> None:
    run_node("privcv_compliance.nodes.guard:GuardNode")
