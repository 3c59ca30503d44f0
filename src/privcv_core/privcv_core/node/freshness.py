# SPDX-License-Identifier: Apache-2.0
"""Freshness: a message is believed once, and only by who listened when it was made.

An authentic message that somebody recorded is as authentic when it is said again. But all processes
of a graph share the running time of their machine, which is part of each ``mac``: of one topic
only what is newer than all before is believed, nothing from before the listener began, and nothing
that was held back for long. Proof and limits: docs/threats.md, "What a message proves".
"""

from privcv_core.event_time.running_time import running_time
from privcv_core.node.authentication import UnauthenticMessage
from privcv_core.protocol.timestamps import NS_PER_S

MAX_AGE_NS = 60 * NS_PER_S
"""How long a message may have been on its way: a process that hangs for less loses nothing."""


class Freshness:
    """What one listener, of a topic or a service, has believed so far."""

    def __init__(self) -> None:
        self.began_ns = running_time().at_ns
        self._newest_ns = self.began_ns

    def believe(self, topic: str, made_ns: int) -> None:
        """Raise ``UnauthenticMessage`` for a message that was made at ``made_ns`` (ns of running
        time) unless it is newer than all before, and not old."""
        if made_ns <= self._newest_ns:
            raise UnauthenticMessage(f"{topic}: a message of before, said again")
        if running_time().at_ns - made_ns > MAX_AGE_NS:
            raise UnauthenticMessage(f"{topic}: a message that was held back")
        self._newest_ns = made_ns
