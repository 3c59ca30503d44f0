# SPDX-License-Identifier: Apache-2.0
"""Sees who comes and goes on a thread of its own: whatever the guard waits for meanwhile, such as
the disk of its audit log, who called for a moment is in what it judges next."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from privcv_compliance.graph.roles import Call
from privcv_compliance.graph.rules import Topic
from privcv_compliance.graph.view import glance, view_calls, view_graph, view_nodes
from privcv_core.errors import PrivcvError

GLANCE_S = 0.1
"""How often it is seen whether anybody came or went, s."""

MOST_KEPT = 600
"""Sights that wait to be judged: a minute of one after the other. Nothing is looked at beyond."""


@dataclass(frozen=True)
class Sight:
    """The whole graph at ``at_s`` of a steady clock."""

    at_s: float
    topics: tuple[Topic, ...]
    nodes: tuple[str, ...]
    calls: tuple[Call, ...]


class GraphWatch:
    """Looks at the graph that ``node`` sees as soon as somebody came or went, else each
    ``interval_s``."""

    def __init__(
        self,
        node: Any,
        cameras: Sequence[str],
        interval_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node, self._cameras, self._interval_s = node, cameras, interval_s
        self._clock = clock
        self._glance: object = None
        self._looked_s = float("-inf")
        self._sights: deque[Sight] = deque()
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, before the node does; it may be called twice, and before ``start``."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def taken(self) -> list[Sight]:
        """What was seen since this was called last, in order; it is forgotten here.

        Raises ``PrivcvError`` where nobody looks any more.
        """
        if self._error is not None:
            raise PrivcvError(f"the graph cannot be seen any more: {self._error!r}")
        return [self._sights.popleft() for _ in range(len(self._sights))]

    def look(self) -> Sight:
        """The graph as it is now."""
        at_s = self._clock()
        topics, calls = view_graph(self._node), view_calls(self._node)
        return Sight(at_s, tuple(topics), tuple(view_nodes(self._node)), tuple(calls))

    def look_if_changed(self) -> None:
        """Keep a sight where somebody came or went, or none was taken for ``interval_s``."""
        now_s = self._clock()
        glanced = glance(self._node, self._cameras)
        is_due = now_s - self._looked_s >= self._interval_s
        if (is_due or glanced != self._glance) and len(self._sights) < MOST_KEPT:
            self._glance, self._looked_s = glanced, now_s
            self._sights.append(self.look())

    def _run(self) -> None:
        try:
            while not self._stop.wait(GLANCE_S):
                self.look_if_changed()
        except Exception as error:
            self._error = error
