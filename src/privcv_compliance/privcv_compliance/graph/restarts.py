# SPDX-License-Identifier: Apache-2.0
"""Restarts that the guard knows of: a process of ours announced that it runs the node.

Anybody can announce a node. A process counts where the guard can look at it, it runs nodes of ours,
and its user is the guard's own or root. Of a process of another user, as under systemd, nothing is
known: its restart is a finding for a minute.
"""

import os
from collections.abc import Callable

from privcv_compliance.evidence.running_processes import runs_nodes
from privcv_core.node.presence import Presence, announced


class Restarts:
    """``since_asked(node)``: whether a process that runs it is new since the last time."""

    def __init__(self, presences: Callable[[], list[Presence]] = announced) -> None:
        self._presences = presences
        self._seen: dict[str, set[tuple[int, int]]] = {}

    def since_asked(self, node: str) -> bool:
        """Whether a process of the node with this full name was started since it was last asked."""
        try:
            found = self._presences()
        except OSError:
            found = []
        now = {(one.pid, one.start) for one in found if one.node == node and _is_ours(one.pid)}
        before = self._seen.get(node, set())
        self._seen[node] = now
        return bool(now - before)


def _is_ours(pid: int) -> bool:
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return False
    return owner in (0, os.geteuid()) and runs_nodes(pid)
