# SPDX-License-Identifier: Apache-2.0
"""Tracks to pseudonymous ones: the last node that knows metres.

Subscribes   tracks             privcv_msgs/Tracks            reliable
Publishes    anonymous_tracks   privcv_msgs/AnonymousTracks   reliable; once a tick of event time
Serves       rotate_identities  privcv_msgs/RotateIdentities  forget every identity now
Parameters   ``AnonymizationNodeSettings``
"""

from pydantic import Field

from privcv_core.audit.log import AuditSettings
from privcv_core.node.authentication import UnauthenticMessage
from privcv_core.node.freshness import Freshness
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import RELIABLE
from privcv_core.node.refusals import Refusals
from privcv_core.protocol.tracks_message import floor_tracks
from privcv_core.settings.model import NO_TRUST, Name
from privcv_msgs.msg import AnonymousTracks, Tracks
from privcv_msgs.srv import RotateIdentities
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.line_settings import MAX_LINES, LineSettings
from privcv_privacy.nodes.messages import anonymous_tracks_message, check_tracks


class AnonymizationNodeSettings(AnonymizationSettings):
    """Parameters of the anonymization node."""

    camera: Name = Field(
        "camera", description="The camera's name in the site file.", json_schema_extra=NO_TRUST
    )
    listeners: int = Field(
        0,
        ge=0,
        le=16,
        description="Subscriptions to wait for before the node starts.",
        json_schema_extra=NO_TRUST,
    )
    epoch_s: int = Field(
        0, ge=0, le=604800, multiple_of=TICK_S,
        description="0 where epsilon protects a visit. For the units person_window and event: "
        "dwell_period_s of the aggregation, s; every identity is replaced at each multiple of it.",
    )  # fmt: skip
    lines: dict[Name, LineSettings] = Field(
        default_factory=dict, max_length=MAX_LINES, description="Lines that people cross, by name."
    )
    audit: AuditSettings | None = Field(None, description="Where rotations are recorded.")


class AnonymizationNode(GraphNode[AnonymizationNodeSettings]):
    """Quantizes, renames, gathers a tick, shuffles, publishes."""

    node_name = "anonymization"
    settings_model = AnonymizationNodeSettings
    _anonymizer: Anonymizer | None = None

    def configure(self) -> None:
        self._anonymizer = Anonymizer(
            self.settings,
            self.settings.camera,
            epoch_s=self.settings.epoch_s,
            lines=self.settings.lines,
        )
        self._asked = Freshness()
        self._periodic_recorded = 0
        self._refusals = Refusals(
            f"{self.settings.camera}: frames refused", self.get_logger().warning
        )
        self._ended = True  # nothing has begun yet
        self._publisher = self.create_publisher(AnonymousTracks, "anonymous_tracks", RELIABLE)
        self._service = self.create_service(RotateIdentities, "rotate_identities", self._rotate)

    def activate(self) -> None:
        self.require_listeners(self._publisher, self.settings.listeners)
        # Not before: a camera that is heard begins to look.
        self._subscription = self.listen(Tracks, "tracks", self._on_tracks, RELIABLE)

    def deactivate(self) -> None:
        if self._anonymizer is not None and not self._ended:
            self._publish(self._anonymizer.flush())
            self._ended = True

    def cleanup(self) -> None:
        if self._anonymizer is None:
            return
        self._anonymizer.close()
        self._anonymizer = None

    def health(self) -> Health:
        assert self._anonymizer is not None
        counts = self._anonymizer.counts
        rotations = self._anonymizer.rotation_counts
        values: dict[str, str | int | float | bool] = {
            "phase of the rotation": self._anonymizer.phase.name.lower(),
            "secret locked in memory": self._anonymizer.secret_locked,
            "frames": counts.frames,
            "frames that went back in time": counts.backwards,
            "frames too far ahead": counts.future,
            "ticks skipped": counts.skipped_ticks,
            # Of the rest of its counts, each would tell of single people, without noise.
            "rotations": rotations.rotations,
            "rotations on request": rotations.forced,
        }
        problems = []
        if self._anonymizer.unsafe:
            problems.append((Level.WARN, "UNSAFE: identities come from a test secret"))
        if self._refusals.warning:
            problems.append((Level.WARN, self._refusals.warning))
        return Health.of(problems, values)

    def _on_tracks(self, message: Tracks) -> None:
        if self._anonymizer is None or not self.is_active:
            return
        check_tracks(message, self.settings.camera)
        tracks = floor_tracks(message)
        taken = self._anonymizer.counts.frames
        ended = self._anonymizer.update(
            tracks.stamp_ns,
            tracks.ids.tolist(),  # it looks at people one by one
            tracks.x_m.tolist(),
            tracks.y_m.tolist(),
            tracks.vx_mps.tolist(),
            tracks.vy_mps.tolist(),
            tracks.width_m.tolist(),
            tracks.era,
        )
        if self._anonymizer.counts.frames > taken:
            self._refusals.accept()
        else:
            self._refusals.refuse("their time jumped; it is followed once they go on so")
        self._publish(ended)
        self._ended = tracks.last
        if tracks.last:
            self._publish(self._anonymizer.flush(), last=True)

    def _publish(self, ticks: list[AnonymousTick], *, last: bool = False) -> None:
        self._record_periodic_rotations()
        for index, tick in enumerate(ticks):
            message = anonymous_tracks_message(tick)
            message.last = last and index == len(ticks) - 1
            self.send(self._publisher, message)

    def _record_periodic_rotations(self) -> None:
        """An entry for each; whoever asks for one has it recorded with its own reason."""
        assert self._anonymizer is not None
        periodic = self._anonymizer.rotation_counts.periodic
        for _ in range(self._periodic_recorded, periodic):
            self.record("identities.rotated", camera=self.settings.camera, reason="period")
        self._periodic_recorded = periodic

    def _rotate(
        self, request: RotateIdentities.Request, response: RotateIdentities.Response
    ) -> RotateIdentities.Response:
        name = self._service.service_name
        try:
            # One that somebody heard and repeats would cost the silence of a rotation again.
            self._asked.believe(name, self.authenticator.check(name, request))
        except UnauthenticMessage as error:
            self.refuse(name, str(error))
            response.done, response.message = False, "refused: no process of this graph asks"
            return response
        if self._anonymizer is None:
            response.done, response.message = False, "the node is not configured"
        else:
            self.get_logger().info(self._anonymizer.rotate_now(request.reason))
            self.record("identities.rotated", camera=self.settings.camera, reason=request.reason)
            response.done, response.tick = True, self._anonymizer.next_tick
            response.generation = self._anonymizer.generation
        return self.authenticator.sign(name, response, request.nonce)


def main() -> None:
    run_node("privcv_privacy.nodes.anonymization:AnonymizationNode")
