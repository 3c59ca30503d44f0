# SPDX-License-Identifier: Apache-2.0
"""The guard: looks at the live graph every second and says on /diagnostics what must not be.

Publishes    /diagnostics       diagnostic_msgs/DiagnosticArray   level ERROR with what was found
             /guard_heartbeat   privcv_msgs/GuardHeartbeat        reliable; after each look
Parameters   ``GuardSettings``
"""

import hashlib

from pydantic import ConfigDict, Field

from privcv_compliance.graph.roles import check_roles
from privcv_compliance.graph.rules import Finding, check_graph
from privcv_compliance.graph.view import (
    pixel_field,
    rules_for,
    view_calls,
    view_graph,
    view_nodes,
)
from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.log import AuditSettings
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import RELIABLE
from privcv_core.settings.model import TRUST, Name, Settings
from privcv_msgs.msg import GuardHeartbeat


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
    report_readers: list[str] = Field(
        ["/uplink"], description="Full names of the nodes that may listen to the reports."
    )
    interval_s: float = Field(1.0, gt=0, le=2, description="Time between two looks, s.")
    audit: AuditSettings | None = Field(None, description="Where findings are recorded.")


class GuardNode(GraphNode[GuardSettings]):
    """Checks, tells, and records each change of what it found."""

    node_name = "guard"
    settings_model = GuardSettings

    def configure(self) -> None:
        self._findings: list[Finding] = []
        self._digest = ""
        self._recorded: frozenset[str] = frozenset()
        self._looks = 0
        self._heartbeat = self.create_publisher(GuardHeartbeat, "/guard_heartbeat", RELIABLE)

    def activate(self) -> None:
        self.create_timer(self.settings.interval_s, self._look)

    def deactivate(self) -> None:
        if self.is_active and not self._is_shutting_down:  # the process's end has its own entry
            self.record("fault", where="guard", what="the guard no longer looks at the graph")

    def health(self) -> Health:
        if not self._findings:
            return Health(Level.OK, "nobody listens in")
        values: dict[str, str | int | float | bool] = {
            f"finding {number}": str(finding) for number, finding in enumerate(self._findings, 1)
        }
        return Health(Level.ERROR, str(self._findings[0]), values)

    def _look(self) -> None:
        topics = view_graph(self)
        frames = {entry.topic: camera for camera, entry in self.settings.frame_topics.items()}
        rules = rules_for(self, topics, self.settings.cameras, frames, self.settings.report_readers)
        roles = check_roles(topics, view_nodes(self), view_calls(self), rules)
        self._findings = [*check_graph(topics, rules, pixel_field), *roles]
        digest = hashlib.sha256("\n".join(map(str, self._findings)).encode()).hexdigest()
        if digest != self._digest:
            new = [str(finding) for finding in self._findings if str(finding) not in self._recorded]
            for finding in new:
                self.get_logger().error(finding)
            self.record("graph.checked", findings=len(self._findings), digest=digest)
            for finding in new:  # one fault for each, however often another one comes or goes
                self.record("fault", where="guard", what=finding[:MAX_TEXT])
            self._digest = digest
            self._recorded = frozenset(map(str, self._findings))
        self._looks += 1
        said = GuardHeartbeat(look=self._looks, findings=len(self._findings))
        self.send(self._heartbeat, said)


def main() -> None:
    run_node("privcv_compliance.nodes.guard:GuardNode")
