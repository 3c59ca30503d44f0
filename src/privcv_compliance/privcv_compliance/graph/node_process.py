# SPDX-License-Identifier: Apache-2.0
"""The process of a running node: end it, so that the kernel takes back all its memory.

Who may do that is decided by the kernel: the user who started the process, and root.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from privcv_compliance.evidence.running_processes import runs_nodes
from privcv_core.node.presence import Presence, announced, start_of

ENDS_WITHIN_S = 20.0
STARTS_WITHIN_S = 90.0


def end_and_await_again(node: str) -> dict[str, str]:
    """End the process of the node with this full name and wait for the next one.

    Returns for each node of that process why it is not as new, or an empty text.
    """
    found = _of(node)
    if not found:
        return {node: f"no process of {node} was found"}
    if len({(presence.pid, presence.start) for presence in found}) > 1:
        return {node: f"{node} runs twice: which is meant?"}
    pid, start = found[0].pid, found[0].start
    together = {other.node for other in _announced() if (other.pid, other.start) == (pid, start)}
    problem = _end(pid, start) or _await_again(node, pid, start)
    return dict.fromkeys(together, problem)


def _end(pid: int, start: int) -> str:
    if start_of(Path(f"/proc/{pid}")) != start:
        return f"process {pid} is of another PID namespace: ask there"
    try:
        handle = os.pidfd_open(pid)  # whoever gets the number next is not meant
    except OSError as error:
        return f"process {pid}: {error.strerror}"
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if start_of(Path(f"/proc/{pid}")) != start:
                return ""
            signal.pidfd_send_signal(handle, number)
            if _waits(lambda: start_of(Path(f"/proc/{pid}")) != start, ENDS_WITHIN_S):
                return ""
    except ProcessLookupError:
        return ""
    except PermissionError:
        return f"process {pid} is of another user: ask as that user or as root"
    finally:
        os.close(handle)
    return f"process {pid} does not end"


def _await_again(node: str, pid: int, start: int) -> str:
    def is_there() -> bool:
        return any((new.pid, new.start) != (pid, start) for new in _of(node))

    if _waits(is_there, STARTS_WITHIN_S):
        return ""
    return f"{node} was ended, and nothing has started it again"


def _waits(condition: Callable[[], bool], within_s: float) -> bool:
    end_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.05)
    return True


def _of(node: str) -> list[Presence]:
    return [presence for presence in _announced() if presence.node == node]


def _announced() -> list[Presence]:
    """What processes of ours announced: anybody can announce a node in the name of another."""
    try:
        return [presence for presence in announced() if runs_nodes(presence.pid)]
    except OSError:
        return []
