# SPDX-License-Identifier: Apache-2.0
"""Which participant of DDS, that is which process, each of our nodes is, since the guard's start.

A name is free to take; the global id of an endpoint (GID) begins with that of its participant,
which the middleware draws. So a second process in the name of a node is found also where it never
speaks where the first does, and one that took the place of the first while nobody looked.
"""

from collections.abc import Callable, Iterable, Sequence

from privcv_compliance.graph.roles import Call
from privcv_compliance.graph.rules import Finding, Topic

SETTLES_S = 1.0
"""Names follow their endpoints, and announcements their nodes, by less than this, s."""

REPLACED_FOR_S = 60.0
"""So long an unexplained process in the place of another is a finding, s; then it is the known one,
whose own successor would be found."""


class Participants:
    """Call ``check`` at each look. ``restarted``: whether a process of the node with this full name
    is known to have been started since it was last asked."""

    def __init__(self, restarted: Callable[[str], bool]) -> None:
        self._restarted = restarted
        self._known: dict[str, str] = {}
        self._replaced_s: dict[str, float] = {}

    def check(
        self, topics: Sequence[Topic], calls: Sequence[Call], ours: Iterable[str], now_s: float
    ) -> list[Finding]:
        """Nodes of ``ours`` (full names) that are two processes, or another than before."""
        there: dict[str, set[str]] = {node: set() for node in ours}
        for topic in topics:
            for end in (*topic.publishers, *topic.subscribers):
                if end.node in there and end.gid:
                    there[end.node].add(participant(end.gid))
        for call in calls:
            if call.node in there and call.gid:
                there[call.node].add(participant(call.gid))
        found = [self._judge(node, seen, now_s) for node, seen in sorted(there.items()) if seen]
        return [finding for finding in found if finding is not None]

    def _judge(self, node: str, seen: set[str], now_s: float) -> Finding | None:
        if len(seen) > 1:
            what = f"{node} is {len(seen)} processes at once: one of them is an impostor"
            return Finding("twin", "", node, what)
        (now,) = seen
        if node not in self._known:
            self._adopt(node, now)
            self._restarted(node)  # those that run already explain no later one
        if now == self._known[node]:
            self._replaced_s.pop(node, None)
            return None
        since_s = self._replaced_s.setdefault(node, now_s)
        if self._restarted(node) or now_s - since_s > REPLACED_FOR_S:
            self._adopt(node, now)
            return None
        if now_s - since_s < SETTLES_S:
            return None
        what = f"{node} is another process than before, and no restart of it is known"
        return Finding("replaced", "", node, what)

    def _adopt(self, node: str, now: str) -> None:
        self._known[node] = now
        self._replaced_s.pop(node, None)


def participant(gid: str) -> str:
    """The participant of an endpoint: the first 12 bytes of its GID (DDSI-RTPS 8.2.4.1), as hex."""
    return gid[:24]
