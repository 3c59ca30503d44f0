# SPDX-License-Identifier: Apache-2.0
"""Changes that stand-alone nodes tell of: a parameter that was set, a node that was stopped.

A node that our starters started offers no such service. One that was started by hand does, and a
call may be over before anybody saw the caller: the node itself tells of what came of it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from lifecycle_msgs.msg import TransitionEvent
from rcl_interfaces.msg import ParameterEvent
from rclpy.qos import qos_profile_parameter_events

from privcv_compliance.graph.roles import Call, our_nodes
from privcv_compliance.graph.rules import Finding, GraphRules

_STOPS = {"deactivating": "was deactivated", "shuttingdown": "was shut down"}


class ToldChanges:
    """Listens to nodes of ours that can be changed, from when they are seen.

    ``tell``: gets a finding for each change. Nothing of a message but its kind is told on: anybody
    can publish one.
    """

    def __init__(self, node: Any, rules: GraphRules, tell: Callable[[Finding], None]) -> None:
        self._node, self._tell = node, tell
        self._ours = our_nodes(rules.cameras, rules.namespace)
        self._manager = rules.lifecycle_manager
        self._heard: set[str] = set()

    def follow(self, calls: Sequence[Call]) -> None:
        """Listen where one of ``calls`` is a service by which a node of ours could be changed."""
        for call in calls:
            owner, _, service = call.service.rpartition("/")
            if not call.is_server or owner not in self._ours:
                continue
            if service == "set_parameters":
                self._listen("/parameter_events", ParameterEvent, self._parameters)
            elif service == "change_state" and not self._manager:
                topic = f"{owner}/transition_event"
                self._listen(topic, TransitionEvent, partial(self._moved, owner))

    def _listen(self, topic: str, kind: Any, callback: Callable[[Any], None]) -> None:
        if topic not in self._heard:
            self._heard.add(topic)
            self._node.create_subscription(kind, topic, callback, qos_profile_parameter_events)

    def _parameters(self, event: ParameterEvent) -> None:
        if event.node in self._ours and (event.changed_parameters or event.deleted_parameters):
            what = f"a parameter of {event.node} was set from outside"
            self._tell(Finding("parameter", "/parameter_events", event.node, what))

    def _moved(self, node: str, event: TransitionEvent) -> None:
        how = _STOPS.get(event.goal_state.label)
        if event.start_state.label == "active" and how is not None:
            topic = f"{node}/transition_event"
            self._tell(Finding("transition", topic, node, f"{node} {how} from outside"))
