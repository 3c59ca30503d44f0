# SPDX-License-Identifier: Apache-2.0
"""`privcv up` leaves nothing behind, keeps cameras apart, and says when one is lost."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import psutil
import yaml
from graph_runner import running

from privcv_core.protocol.release import ZoneReport
from privcv_core.settings.model import parse_settings
from privcv_site.graph import build_graph
from privcv_site.site import Site

pytestmark = pytest.mark.graph


def make_content(scene_folder: Path, state: Path) -> dict[str, Any]:
    camera = yaml.safe_load((scene_folder / "camera.yaml").read_text())
    camera["source"] = {
        "kind": "file", "uri": str(scene_folder / "video.avi"), "rate": 1, "loop": True,
        "start": "now",
    }  # fmt: skip
    camera["authorization"] = {"required": False}
    camera["zones"] = {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}}
    privacy = {"unit": "person_window", "epsilon": 4, "window_s": 5, "dwell_period_s": 60, "k": 1}
    return {"state": str(state), "cameras": {"room": camera}, "privacy": privacy}


def ours(folder: Path) -> set[int]:
    """Processes of a graph whose parameter files lie below ``folder``."""
    return {
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(word.startswith(f"{folder}/privcv-") for word in process.info["cmdline"] or [])
    }


def udp_ports(pids: set[int]) -> set[int]:
    return {
        connection.laddr.port
        for connection in psutil.net_connections("udp")
        if connection.pid in pids and connection.laddr
    }


def shared_memory(pids: set[int]) -> set[str]:
    """Files in /dev/shm that these processes have mapped."""
    found = set()
    for pid in pids:
        text = Path(f"/proc/{pid}/maps").read_text()
        found |= {line.split()[-1] for line in text.splitlines() if "/dev/shm/" in line}
    return found


def test_ten_starts_and_stops_leave_nothing(scene_folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(yaml.safe_dump(make_content(scene_folder, tmp_path / "state")))
    logs = tmp_path / "log.txt"
    for turn in range(10):
        logs.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "privcv_bringup.cli", "up", str(site), "--logs", str(logs)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )  # fmt: skip
        end_s = time.monotonic() + 60
        while len(ours(tmp_path)) < 3 and time.monotonic() < end_s:
            time.sleep(0.05)
        if turn == 0:  # once to the full: until every node has its sockets
            while len(udp_ports(ours(tmp_path))) < 6 and time.monotonic() < end_s:
                time.sleep(0.1)
            assert not {name for name in shared_memory(ours(tmp_path)) if "fast" in name}
        else:
            time.sleep(0.1 * turn)  # stopped at other moments of the start, too
        running_pids = ours(tmp_path)
        ports = udp_ports(running_pids)
        stopped_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0, logs.read_text()
        assert time.monotonic() - stopped_s < 6.0
        assert not ours(tmp_path)
        bound = {c.laddr.port for c in psutil.net_connections("udp") if c.pid in running_pids}
        assert not ports & bound
        assert not list(tmp_path.glob("privcv-*"))  # parameter files may hold passwords


def test_a_camera_that_dies_takes_no_other_down(scene_folder: Path, tmp_path: Path) -> None:
    content = make_content(scene_folder, tmp_path / "state")
    content["cameras"]["hall"] = content["cameras"]["room"]
    processes = build_graph(parse_settings(Site, content, where="test"))
    with running(processes, tmp_path / "run") as graph:
        frames = lambda camera: int(graph.seen.value(f"/{camera}/detection", "frames") or 0)  # noqa: E731
        graph.wait(lambda: frames("hall") > 5 and frames("room") > 5, "the cameras did not start")
        before = graph.supervisor.pids
        os.kill(before["hall"], signal.SIGKILL)
        graph.wait(lambda: graph.supervisor.pids.get("hall", before["hall"]) != before["hall"],
                   "the camera was not restarted")  # fmt: skip
        reached = frames("room")
        graph.wait(lambda: frames("room") > reached + 5, "the other camera did not go on")
        graph.wait(lambda: frames("hall") > 0, "the restarted camera did not see")
        after = graph.supervisor.pids
        assert {n: p for n, p in after.items() if n != "hall"} == {
            n: p for n, p in before.items() if n != "hall"
        }


def test_a_lost_camera_is_said_and_lowers_the_coverage(scene_folder: Path, tmp_path: Path) -> None:
    content = make_content(scene_folder, tmp_path / "state")
    content["privacy"]["min_coverage"] = 0.9
    *cameras, privacy, guard = build_graph(parse_settings(Site, content, where="test"))
    parameters = {**privacy.nodes[0].parameters, "silent_after_s": 3.0}
    node = dataclasses.replace(privacy.nodes[0], parameters=parameters)
    privacy = dataclasses.replace(privacy, nodes=(node,))
    with running([*cameras, privacy, guard], tmp_path / "run") as graph:

        def windows() -> list[ZoneReport]:
            return [zone for r in graph.seen.releases.values() for zone in r.zones]

        graph.wait(lambda: any(z.coverage > 0.95 for z in windows()), "nothing was observed")
        os.kill(graph.supervisor.pids["room"], signal.SIGSTOP)  # hangs: the worst kind of lost
        graph.wait(
            lambda: "nothing comes from room" in graph.seen.health["/aggregation"][1],
            "diagnostics do not say that the camera is silent",
        )
        graph.wait(lambda: any(z.coverage == 0 for z in windows()), "coverage did not fall")
        unobserved = [zone for zone in windows() if zone.coverage < 0.9]
        assert {zone.reason for zone in unobserved} == {"unobserved"}
        assert {zone.occupancy for zone in unobserved} == {0}
        os.kill(graph.supervisor.pids["room"], signal.SIGCONT)
