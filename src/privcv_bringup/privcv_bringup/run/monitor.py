# SPDX-License-Identifier: Apache-2.0
"""Watches a running graph from outside: only what leaves the camera process, never a track."""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.health import Level
from privcv_core.protocol.release import Release
from privcv_site.site import Site

logger = logging.getLogger(__name__)


@dataclass
class Seen:
    """What was heard so far. ``health`` holds level, message and values by node name."""

    health: dict[str, tuple[int, str, Mapping[str, str]]] = field(default_factory=dict)
    releases: dict[int, Release] = field(default_factory=dict)  # by sequence
    first_window_s: float = math.inf  # event time at which the earliest released window began
    released_until_s: float = -math.inf  # and at which the latest ended
    ended: frozenset[str] = frozenset()  # cameras whose file or bag has ended
    delivered_through: int = 0  # releases that the outbox has taken
    pending: int = 0
    released: int = 0  # releases heard
    delivered: int | None = None  # releases that the collector has taken, ever; None: not heard
    deaf: str = ""  # why nothing can be heard, where that is so

    @property
    def released_s(self) -> float:
        """Length of the event time that is released so far, s."""
        return max(0.0, self.released_until_s - self.first_window_s)

    def value(self, node: str, key: str) -> str:
        """A text on /diagnostics, such as ``value("/pets/detection", "frames")``; '' if none.

        It is for people: what a program decides on is a field of a message.
        """
        return self.health.get(node, (0, "", {}))[2].get(key, "")


def is_complete(site: Site, seen: Seen) -> bool:
    """Every camera's file or bag has ended, and all of it is released and, if so set, delivered.

    That a camera has ended is said after its last release; one of which nothing came has none.
    """
    if not seen.ended.issuperset(site.cameras):
        return False
    if site.uplink is None:
        return True
    return seen.delivered_through >= max(seen.releases, default=0) and seen.pending == 0


def first_fault(seen: Seen) -> str:
    """The first node that cannot work, in its words; what the guard finds stops no work."""
    for name, (level, message, _) in sorted(seen.health.items()):
        if level == Level.ERROR and name != "/guard":
            return f"{name}: {message}"
    return ""


class Monitor:
    """Listens to a graph on a thread of its own; ``with Monitor() as seen:``.

    ``secret``: the file with the secret of the graph; releases that no process of it made are
    not taken then. ``name``: its node's; ``reports`` False: it hears of health only. ``keep``
    False: for runs without an end, of all releases only the last is kept. ``namespace``: of the
    device, '' or such as ``/robot1``; what else is on the domain is not heard, and nodes are called
    by their names within it.
    """

    def __init__(
        self,
        secret: Path | None = None,
        *,
        name: str = "privcv_monitor",
        reports: bool = True,
        keep: bool = True,
        namespace: str = "",
    ) -> None:
        self._secret, self._namespace = secret, namespace
        self._name, self._reports, self._keep = name, reports, keep
        self._seen = Seen()
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="monitor", daemon=True)

    def __enter__(self) -> Seen:
        self._thread.start()
        self._ready.wait()
        return self._seen

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _listen(self) -> None:
        try:
            self._hear()
        except Exception as error:  # no middleware, no key for it: the graph runs without us
            self._seen.deaf = f"{type(error).__name__}: {error}"
        finally:
            self._ready.set()

    def _hear(self) -> None:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.signals import SignalHandlerOptions

        from privcv_core.node.process import make_executor
        from privcv_core.node.qos import LATCHED, RELIABLE
        from privcv_msgs.msg import DeliveryStatus, PrivacyBudget, ZoneReports

        context = rclpy.Context()
        with as_in_the_graph():
            rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
            node = rclpy.create_node(self._name, context=context, namespace=self._namespace or None)
        heard = [(DiagnosticArray, "/diagnostics", self._take_health, 50)]
        if self._reports:
            heard += [
                (ZoneReports, "zone_reports", self._take_release, RELIABLE),
                (PrivacyBudget, "privacy_budget", self._take_budget, LATCHED),
                (DeliveryStatus, "delivery_status", self._take_delivery, LATCHED),
            ]
        for kind, topic, take, qos in heard:
            node.create_subscription(kind, topic, self._surviving(take), qos)
        executor = make_executor(context)
        executor.add_node(node)
        self._ready.set()
        while not self._stop.is_set():
            try:
                executor.spin_once(timeout_sec=0.1)
            except Exception as error:  # of somebody else's making: the next one may be ours
                logger.warning("a message was dropped: %s", error)
        node.destroy_node()
        rclpy.try_shutdown(context=context)

    def _surviving(self, take: Callable[[Any], None]) -> Callable[[Any], None]:
        """What a message of somebody else's making raises is one line, not rclpy's traceback."""

        def survive(message: Any) -> None:
            try:
                take(message)
            except Exception as error:
                logger.warning("a message was dropped: %s", error)

        return survive

    def _take_health(self, message: Any) -> None:
        for status in message.status:
            if not status.name.startswith(f"{self._namespace}/"):
                continue
            name = status.name[len(self._namespace) :]
            values = {pair.key: pair.value for pair in status.values}
            self._seen.health[name] = (status.level[0], status.message, values)

    def _take_release(self, message: Any) -> None:
        from privcv_core.protocol.release_message import from_message

        self._check("/zone_reports", message)
        release = from_message(message)
        for zone in release.zones:
            start_s = zone.window_start.timestamp()
            self._seen.first_window_s = min(self._seen.first_window_s, start_s)
            self._seen.released_until_s = max(self._seen.released_until_s, start_s + zone.window_s)
        self._seen.released += release.sequence not in self._seen.releases
        if not self._keep:
            self._seen.releases.clear()
        self._seen.releases[release.sequence] = release

    def _take_budget(self, message: Any) -> None:
        self._check("/privacy_budget", message)
        self._seen.ended = frozenset(message.cameras_ended)

    def _take_delivery(self, message: Any) -> None:
        self._check("/delivery_status", message)
        self._seen.delivered_through = message.accepted_through
        self._seen.pending = message.pending
        self._seen.delivered = message.delivered

    def _check(self, topic: str, message: Any) -> None:
        from privcv_core.files.graph_secret import read_graph_secret
        from privcv_core.node.authentication import Authenticator

        if self._secret is not None:
            name = f"{self._namespace}{topic}"
            Authenticator(read_graph_secret(self._secret)).check(name, message)
