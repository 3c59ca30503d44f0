# SPDX-License-Identifier: Apache-2.0
"""Presence: a process that runs a node of privcv says so to everybody on its machine.

For each node it holds an abstract Unix socket whose name tells of it. The kernel lists these names
to every user (``/proc/net/unix``), whoever started the process and however, also where the process
is hardened so that nobody may look into it. The name is gone when the process is: nothing can be
left behind, and no other process can take it away. Nobody can connect to it.

A name is ``privcv/PID/START/KIND/CAMERA/NODE``; START is when the process began, in clock ticks
since the machine did, so that a number of another PID namespace is not mistaken for one of ours.
"""

import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

PREFIX = "privcv/"
_NAME = re.compile(rf"@{PREFIX}([0-9]{{1,7}})/([0-9]{{1,18}})/([^/]*)/([^/]*)/(.*)")
_LONGEST = 107  # bytes in a socket's name, without the NUL before it
_held: dict[bytes, socket.socket] = {}  # for as long as the process lives: memory is not forgotten


@dataclass(frozen=True)
class Presence:
    """One node as its process announced it. ``pid`` is the number in the process's own view."""

    pid: int
    start: int
    kind: str  # class of the node
    camera: str  # empty where it is of none
    node: str  # full name on the graph


def announce(kind: str, camera: str, node: str) -> str:
    """Hold the name of a node of this process until the process ends; why not, or ''."""
    if sys.platform != "linux":
        return "this system has no abstract sockets"
    start = start_of(Path("/proc/self"))
    name = f"{PREFIX}{os.getpid()}/{start}/{kind}/{camera}/{node}".encode()[:_LONGEST]
    if name in _held:
        return ""
    try:
        held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError as error:
        return str(error.strerror)
    try:
        held.bind(b"\0" + name)
    except OSError as error:
        held.close()
        return str(error.strerror)
    _held[name] = held
    return ""


def announced(proc: Path = Path("/proc")) -> list[Presence]:
    """Every node that was announced in this network namespace. Raises ``OSError``.

    Anybody may hold a name, of any bytes: what is none of ours is passed over.
    """
    found = []
    lines = (proc / "net" / "unix").read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines[1:]:
        name = _NAME.fullmatch(line.rpartition(" ")[2])
        if name is not None:
            pid, start, *rest = name.groups()
            found.append(Presence(int(pid), int(start), *rest))
    return found


def start_of(process: Path) -> int:
    """When the process of this folder in /proc began, ticks since the machine did; 0 if unknown."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0
