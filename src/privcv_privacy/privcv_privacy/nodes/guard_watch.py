# SPDX-License-Identifier: Apache-2.0
"""Watches the guard: whether somebody still looks at the graph, by the guard's heartbeats.

Subscribes   guard_heartbeat   privcv_msgs/GuardHeartbeat   reliable; after each look of the guard
"""

from privcv_core.event_time.running_time import running_time
from privcv_core.node.authentication import NO_SECRET
from privcv_core.node.messages import MessageNode
from privcv_core.node.qos import RELIABLE
from privcv_core.node.refusals import Refusals
from privcv_core.protocol.timestamps import s_from_ns
from privcv_msgs.msg import GuardHeartbeat

MISSING_AFTER_S = 5.0
"""So long after the last heartbeat was made the guard counts as missing; it makes one a second."""

STARTS_WITHIN_S = 20.0
"""So long after its own start nobody complains of a guard that has not begun yet; where the guard
is required, nothing is published all the same."""


class GuardWatch:
    """Whether the guard of the graph looks at it. ``required``: nothing is published while not.

    A heartbeat tells when it was made, and is believed once: who records one cannot say with it
    that the guard is there for longer than it was.
    """

    def __init__(self, node: MessageNode, *, required: bool) -> None:
        self._node = node
        self._required = required
        self._began_ns = running_time().at_ns
        self._made_ns: int | None = None  # when the guard last said that it looks
        self._is_recorded = False
        what = "the guard is missing" + (", so that no value is published" if required else "")
        self._missing = Refusals(what, node.get_logger().warning)
        node.listen_dated(GuardHeartbeat, "guard_heartbeat", self._heard, RELIABLE)

    @property
    def withholds(self) -> bool:
        """Whether nothing may be published now, because nobody guards the graph."""
        return self._required and not self._looks

    @property
    def warnings(self) -> list[str]:
        """Since when the guard has been missing; or that nothing is published before it looks."""
        if self._missing.warning:
            return [self._missing.warning]
        return ["no value is published before the guard looks"] if self.withholds else []

    def note(self) -> None:
        """Say and record that the guard went missing or came back; call it about once a second."""
        if self._looks:
            self._missing.accept()
            if self._is_recorded:
                self._record("the guard looks at the graph again")
            self._is_recorded = False
        elif self._made_ns is not None or self._ran_s(self._began_ns) > STARTS_WITHIN_S:
            known = self._node.authenticator.has_secret
            why = "nothing came from it; start it, or see its log" if known else NO_SECRET
            self._missing.refuse(why)
            if not self._is_recorded:
                self._record("the guard is missing: nobody looks at the graph")
            self._is_recorded = True

    @property
    def _looks(self) -> bool:
        if self._required and not self._node.authenticator.has_secret:
            return False  # anybody could say that the guard looks
        return self._made_ns is not None and self._ran_s(self._made_ns) <= MISSING_AFTER_S

    def _heard(self, message: GuardHeartbeat, made_ns: int) -> None:
        self._made_ns = made_ns

    def _ran_s(self, since_ns: int) -> float:
        return s_from_ns(running_time().at_ns - since_ns)

    def _record(self, what: str) -> None:
        self._node.record("fault", where=self._node.get_name(), what=what)
