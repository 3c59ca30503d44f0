# SPDX-License-Identifier: Apache-2.0
"""A process that runs nodes is found, whoever started it and however."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from privcv_compliance.evidence import running_processes as module
from privcv_compliance.evidence.running_processes import Hidden, Running, running_processes
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile

WITHIN_S = 60.0
WAYS = (
    "privcv up",
    "ros2 launch",
    "ros2 run",
    "a program that calls run_node",
    "an entry point elsewhere",
    "standard input",
    "a container of nodes",
    "a PID namespace",
)
NODE = "privcv_privacy.nodes.anonymization:AnonymizationNode"
ROS = ["--ros-args", "-r", "__ns:=/lobby", "-p", "camera:=lobby"]
RUN = f"from privcv_core.node.process import run_node\nrun_node({NODE!r})\n"
PROCESS = "import sys\nfrom privcv_core.node.process import main\nsys.exit(main())\n"
EXECUTABLE = "import sys\nfrom privcv_privacy.nodes.anonymization import main\nsys.exit(main())\n"
CONTAINER = """
import sys, rclpy
from rclpy.executors import SingleThreadedExecutor
from privcv_privacy.nodes.anonymization import AnonymizationNode
rclpy.init(args=sys.argv)
executor = SingleThreadedExecutor()
node = AnonymizationNode()
executor.add_node(node)
while True:
    executor.spin_once(timeout_sec=0.5)
"""
LISTENER = """
import sys, rclpy
from privcv_msgs.msg import AnonymousTracks
rclpy.init()
node = rclpy.create_node("listener")
node.create_subscription(AnonymousTracks, "/lobby/anonymous_tracks", print, 10)
sys.stdin.read()
"""


def starters(folder: Path) -> dict[str, list[str]]:
    """A command line for each way to start a node."""

    def script(path: str, text: str) -> str:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    python = sys.executable
    ways = {
        "privcv up": [python, "-m", "privcv_core.node.process", NODE, *ROS],
        "ros2 launch": [python, script("lib/privcv_core/process", PROCESS), NODE, *ROS],
        "ros2 run": [python, script("lib/privcv_privacy/anonymization", EXECUTABLE), *ROS],
        "a program that calls run_node": [python, script("mine.py", RUN), *ROS],
        "an entry point elsewhere": [python, script("bin/lobby-camera", RUN), *ROS],
        "standard input": [python, "-c", RUN, *ROS],
        "a container of nodes": [python, script("container.py", CONTAINER), *ROS],
    }
    if shutil.which("unshare"):
        own = ["unshare", "--pid", "--fork", "--kill-child", "true"]
        if subprocess.run(own, capture_output=True, check=False).returncode == 0:
            ways["a PID namespace"] = [*own[:-1], python, script("inside.py", RUN), *ROS]
    return ways


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Way -> the number of its process."""
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    ways = starters(tmp_path_factory.mktemp("starters"))
    with ExitStack() as stack:
        processes = {}
        for way, words in ways.items():
            process = stack.enter_context(subprocess.Popen(words, start_new_session=True))
            stack.callback(os.killpg, process.pid, signal.SIGKILL)
            processes[way] = process.pid
        yield processes


def wait_for(pid: int) -> Running:
    """What is found of the process, or of the one that it started in a namespace."""
    end_s = time.monotonic() + WITHIN_S
    while time.monotonic() < end_s:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        wanted = {pid, *map(int, children)}
        # The node, and not only what the command line or a loaded library tells meanwhile.
        found = [p for p in running_processes().graph if p.pid in wanted and p.cameras]
        if found:
            return found[0]
        time.sleep(0.2)
    raise AssertionError("it was not found")


@pytest.mark.graph
@pytest.mark.parametrize("way", WAYS)
def test_a_node_is_found_under_any_starter(way: str, started: dict[str, int]) -> None:
    if way not in started:
        pytest.skip("this user may not make a PID namespace")
    found = wait_for(started[way])
    assert found.nodes == ("AnonymizationNode",)
    assert (found.namespace, found.cameras) == ("/lobby", ("lobby",))
    assert found.belongs_to(["lobby"], [])
    assert not found.belongs_to(["hall"], []) or found.files is None


@pytest.mark.graph
def test_who_only_has_the_messages_of_the_graph_is_found_too() -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    words = [sys.executable, "-c", LISTENER]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        end_s = time.monotonic() + WITHIN_S
        while process.pid not in {p.pid for p in running_processes().graph}:
            assert time.monotonic() < end_s, "it was not found"
            time.sleep(0.2)
        process.kill()


def test_what_cannot_be_looked_into_is_named_and_not_taken_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes of other users, as an unprivileged user sees them; and /proc with hidepid."""
    proc = tmp_path / "proc"
    for pid, words in {7: b"", 8: b"/usr/bin/python3\0mine.py\0", 9: b"/usr/sbin/cron\0"}.items():
        (proc / str(pid)).mkdir(parents=True)
        (proc / str(pid) / "cmdline").write_bytes(words)
    monkeypatch.setattr(module, "_has_messages", lambda folder: None)
    found = running_processes(proc)
    assert found.graph == ()
    assert found.hidden == (Hidden(8, "python3"), Hidden(9, "cron"))
    assert not found.all_shown
    assert "2 processes could not be looked into (cron, python3)" in found.unknown
    assert "not shown" in found.unknown


def test_a_hardened_process_is_known_by_what_it_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its command line, its number and its start can be read of it."""
    proc = tmp_path / "proc"
    for pid in (1, 8):
        (proc / str(pid)).mkdir(parents=True)
        (proc / str(pid) / "cmdline").write_bytes(b"httpd\0")
    fields = " ".join(["S", *["0"] * 18, "4242", "0"])
    (proc / "8" / "stat").write_text(f"8 (ht) pd) {fields}\n")
    (proc / "net").mkdir()
    (proc / "net" / "unix").write_text(
        "Num RefCount Protocol Flags Type St Inode Path\n"
        "0: 2 0 0 0001 01 1 @privcv/8/4242/DetectionNode/lobby//lobby/detection\n"
        "0: 2 0 0 0001 01 2 @privcv/8/4242/TrackingNode/lobby//lobby/tracking\n"
        "0: 2 0 0 0001 01 3 @privcv/99/7/UplinkNode///uplink\n"  # hidden altogether
    )
    monkeypatch.setattr(module, "_has_messages", lambda folder: None)
    found = running_processes(proc)
    assert found.graph == (
        Running(8, ("DetectionNode", "TrackingNode"), None, "/lobby", ("lobby",)),
        Running(99, ("UplinkNode",), None),
    )
    assert found.hidden == (Hidden(1, "httpd"),)


def test_a_process_of_another_site_is_not_of_this_one(site: SiteFile, tmp_path: Path) -> None:
    folders = scan_site(site).folders
    elsewhere = (tmp_path / "other" / "x.db",)
    assert not Running(1, (), elsewhere).belongs_to(site.cameras, folders)
    assert Running(1, (), elsewhere, "/lobby").belongs_to(site.cameras, folders)
    assert Running(1, (), None).belongs_to(site.cameras, folders)
    assert Running(1, (), (*elsewhere, site.ledger)).belongs_to(site.cameras, folders)
    # What shows nothing of a site may be of this one, and a log shows nothing.
    assert Running(1, (), ()).belongs_to(site.cameras, folders)
    assert Running(1, (), (tmp_path / "python_17.log",)).belongs_to(site.cameras, folders)
    assert Running(1, (), (), "/robot/lobby").belongs_to(site.cameras, folders)
    assert Running(1, (), elsewhere, cameras=("lobby",)).belongs_to(site.cameras, folders)
    assert not Running(1, (), (), "/hall").belongs_to(site.cameras, folders)
    assert not Running(1, (), (), cameras=("hall",)).belongs_to(site.cameras, folders)


def test_files_open_for_writing_are_seen(tmp_path: Path) -> None:
    """A real process whose command line is that of a node."""
    script = "import sys, time; f = open(sys.argv[3], 'w'); print('up', flush=True); time.sleep(60)"
    target = tmp_path / "dump.raw"
    words = [
        sys.executable,
        "-c",
        script,
        "privcv_core.node.process",
        "privcv_x.y:Node",
        str(target),
    ]
    words += ["-r", "__ns:=/lobby"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            (found,) = [p for p in running_processes().graph if p.pid == process.pid]
        finally:
            process.kill()
    assert (found.nodes, found.namespace) == (("Node",), "/lobby")
    assert found.files == (target,)
