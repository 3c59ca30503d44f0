# SPDX-License-Identifier: Apache-2.0
"""A process says which nodes it runs, to everybody on the machine, until it ends."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from privcv_core.node.presence import Presence, announce, announced, start_of

if sys.platform != "linux":
    pytest.skip("abstract sockets are of Linux", allow_module_level=True)

HELD = """
import sys
from privcv_core.node.presence import announce
assert announce("Kind", "lobby", "/lobby/detection") == ""
assert announce("Kind", "lobby", "/lobby/detection") == ""  # once is enough
assert announce("Other", "", "/" + 200 * "x") == ""
print("up", flush=True)
sys.stdin.read()
"""


def of(pid: int) -> list[Presence]:
    return sorted((p for p in announced() if p.pid == pid), key=lambda p: p.kind)


def test_what_a_process_announces_is_seen_until_it_is_killed() -> None:
    words = [sys.executable, "-c", HELD]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        kind, other = of(process.pid)
        start = start_of(Path(f"/proc/{process.pid}"))
        process.kill()
        process.wait()
    assert kind == Presence(process.pid, start, "Kind", "lobby", "/lobby/detection")
    assert (other.kind, other.camera, set(other.node)) == ("Other", "", {"/", "x"})
    assert of(process.pid) == []


def test_nobody_can_take_the_name_away_nor_connect_to_it() -> None:
    assert announce("Mine", "", "/mine") == ""
    name = f"\0privcv/{os.getpid()}/{start_of(Path('/proc/self'))}/Mine///mine"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(name)
        with pytest.raises(ConnectionRefusedError):
            other.connect(name)


@pytest.mark.parametrize(
    "name",
    ["privcv/", "privcv/x/y/z/a/b", "privcv/4194305/2/3", "privcv", "privcv/²/1/Kind/a/b",
     "privcv//5/Kind/a/b", "privcv/4194305//Kind/a/b", f"privcv/{'9' * 60}/1/Kind/a/b"],
)  # fmt: skip
def test_a_name_that_somebody_made_up_is_no_fault(name: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(f"\0{name}")
        assert of(4194305) == []


def test_where_no_socket_can_be_held_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refuse)
    assert announce("Never", "", "/never") == "Operation not permitted"
