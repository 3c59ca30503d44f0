# SPDX-License-Identifier: Apache-2.0
"""Messages in and out of a node: authenticated, validated, and no exception ends the process.

The graph is not trusted: anybody on this machine may publish on it. A message that no process of
ours made, or that states what cannot be, is counted, shown on /diagnostics, recorded, and dropped.
"""

import functools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rclpy.qos import DurabilityPolicy

from privcv_core.audit.events import MAX_TEXT
from privcv_core.errors import PrivcvError
from privcv_core.masked_output import masked_traceback
from privcv_core.masking import mask
from privcv_core.node.authentication import NO_SECRET, Authenticator, UnauthenticMessage
from privcv_core.node.freshness import Freshness
from privcv_core.node.health import Health, Level
from privcv_core.node.owned_endpoints import OwningNode

SHOWN_S = 60.0
"""For so long a refused message is what /diagnostics says first, s; its count stays."""


class RefusedMessage(PrivcvError):
    """A message that states what cannot be: it is dropped."""


class MessageNode(OwningNode):
    """A lifecycle node that survives its callbacks.

    ``PrivcvError`` from a callback ends the process: what cannot be recorded must not happen. Any
    other exception is a bug: it is counted, logged, shown, and the node goes on.
    """

    authenticator = Authenticator(None)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.refused: Counter[str] = Counter()
        self._refused_what = ""
        self._refused_s = -SHOWN_S
        self._recorded_s: dict[str, float] = {}
        super().__init__(*arguments, **options)

    def send(self, publisher: Any, message: Any) -> None:
        """Publish ``message`` with its ``mac``."""
        publisher.publish(self.authenticator.sign(publisher.topic_name, message))

    def listen(self, kind: Any, topic: str, callback: Callable[[Any], None], qos: Any) -> Any:
        """Subscribe to messages of our own processes, each believed once; of others ``callback``
        never hears.

        ``callback`` may raise ``RefusedMessage``.
        """
        return self.listen_dated(kind, topic, lambda message, _: callback(message), qos)

    def listen_dated(
        self, kind: Any, topic: str, callback: Callable[[Any, int], None], qos: Any
    ) -> Any:
        """As ``listen``; ``callback`` is also told when the message was made, ns of running time.

        Of a latched topic, what was said before this node listened is not heard.
        """
        name = self.resolve_topic_name(topic)
        fresh = Freshness()
        is_latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL

        def take(message: Any) -> None:
            try:
                made_ns = self.authenticator.check(name, message)
                if is_latched and made_ns <= fresh.began_ns:
                    return
                fresh.believe(name, made_ns)
                callback(message, made_ns)
            except (UnauthenticMessage, RefusedMessage) as error:
                self.refuse(name, str(error))

        return self.create_subscription(kind, topic, take, qos)

    def refuse(self, place: str, what: str) -> None:
        """Count a message or call that was dropped, and show and record it."""
        self.refused[place] += 1
        what = mask(what)
        now_s = time.monotonic()
        self._refused_what, self._refused_s = what, now_s
        if now_s - self._recorded_s.get(place, -SHOWN_S) >= SHOWN_S:  # a flood is one entry
            self._recorded_s[place] = now_s
            self.get_logger().error(what)
            self.record("fault", where=self.get_name(), what=what[:MAX_TEXT])

    def record(self, event: str, **facts: Any) -> None:
        """Append to the audit log, where the node has one."""

    def with_unauthenticated(self, health: Health) -> Health:
        """``health``, at WARN at least where this node believes everybody."""
        if self.authenticator.has_secret:
            return health
        values = {**health.values, "whom it believes": "everybody"}
        return replace(health, values=values).and_also(Level.WARN, NO_SECRET)

    def with_refused(self, health: Health) -> Health:
        """``health`` and what was refused."""
        if not self.refused:
            return health
        counts = {f"refused on {place}": count for place, count in self.refused.items()}
        values = {**health.values, **counts}
        told = replace(health, values=values)
        if time.monotonic() - self._refused_s < SHOWN_S:
            return told.and_also(Level.WARN, self._refused_what)
        return told

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[..., Any], *more: Any, **options: Any
    ) -> Any:
        """As a node does; what ``callback`` raises does not end the process."""
        survived = self._surviving(topic, callback)
        return super().create_subscription(msg_type, topic, survived, *more, **options)

    def create_timer(
        self, timer_period_sec: float, callback: Any, *more: Any, **options: Any
    ) -> Any:
        """As a node does; what ``callback`` raises does not end the process."""
        survived = self._surviving("a timer", callback)
        return super().create_timer(timer_period_sec, survived, *more, **options)

    def create_service(
        self, srv_type: Any, srv_name: str, callback: Callable[..., Any], *more: Any, **options: Any
    ) -> Any:
        """As a node does; where ``callback`` raises, the answer is an empty one."""
        survived = self._surviving(srv_name, callback)
        return super().create_service(srv_type, srv_name, survived, *more, **options)

    def _surviving(self, place: str, callback: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(callback)
        def survive(*arguments: Any) -> Any:
            try:
                return callback(*arguments)
            except PrivcvError:
                raise
            except Exception as error:
                self.get_logger().error(f"{place}: {masked_traceback(error)}")
                self.refuse(place, f"{place}: {type(error).__name__}, see the log")
                return arguments[-1] if arguments else None

        return survive
