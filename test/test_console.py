# SPDX-License-Identifier: Apache-2.0
"""``privcv up`` on a camera that comes, goes and comes back: what a person sees, and a program."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from rtsp_server import RtspServer, noisy_stream

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

WITHIN_S = 90.0
PASSWORD = "c4naryPw"


class Console:
    """What a command prints, as it comes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def read_until(self, words: str) -> None:
        end_s = time.monotonic() + WITHIN_S
        while words not in self.text:
            assert time.monotonic() < end_s, f"'{words}' was not told:\n{self.text}"
            if select.select([self._descriptor], [], [], 0.2)[0]:
                try:
                    chunk = os.read(self._descriptor, 1 << 16)
                except OSError:  # so a terminal tells that nobody writes to it any more
                    chunk = b""
                assert chunk, f"ended without '{words}':\n{self.text}"
                self.text += chunk.decode(errors="replace")

    def lines_with(self, words: str) -> list[str]:
        return [line for line in self.text.splitlines() if words in line]


@contextmanager
def up(folder: Path, port: int, *options: str) -> Iterator[Console]:
    """``privcv up`` on a site with one camera, in a terminal."""
    site = {
        "state": str(folder / "state"),
        "cameras": {
            "lobby": {
                "source": {
                    "kind": "rtsp", "uri": f"rtsp://admin:{PASSWORD}@127.0.0.1:{port}/x",
                    "stall_s": 2, "retry_first_s": 1, "retry_longest_s": 1,
                },
                "authorization": {"required": False},
                "zones": {"all": {"polygon_m": [[0, 0], [0.64, 0], [0.64, 0.48], [0, 0.48]]}},
            }
        },
        "privacy": {"unit": "person_window", "epsilon": 4, "window_s": 10, "dwell_period_s": 60},
    }  # fmt: skip
    (folder / "site.yaml").write_text(yaml.safe_dump(site))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "privcv_bringup.cli", "up", str(folder / "site.yaml")]
    running = subprocess.Popen(
        [*command, *options], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    console = Console(ours)
    try:
        yield console
    finally:
        running.send_signal(signal.SIGINT)
        console.read_until("stopped")
        running.wait(20)
        os.close(ours)


@pytest.mark.graph
def test_a_person_sees_each_start_loss_and_recovery_once(tmp_path: Path, ros_domain: int) -> None:
    stream = noisy_stream(tmp_path / "stream.ts")
    server = RtspServer(stream, 40)
    try:
        with up(tmp_path, server.port) as console:
            console.read_until("running: 64x48 px")
            console.read_until("first release")
            server.stop()
            console.read_until("lost: ")
            time.sleep(4)  # several attempts to reopen it: none is a line of its own
            server = RtspServer(stream, 40, server.port)
            console.read_until("back after")
    finally:
        server.stop()
    for words in ("running: 64x48 px", "lost: ", "back after", "first release", "starting lobby"):
        assert len(console.lines_with(words)) == 1, console.text
    assert "\r\x1b[2Klobby 64x48 running | " in console.text  # the live line
    assert PASSWORD not in console.text
    assert "Traceback" not in console.text
    assert "FATAL" not in console.text


@pytest.mark.graph
def test_a_program_reads_an_object_per_line(tmp_path: Path, ros_domain: int) -> None:
    server = RtspServer(noisy_stream(tmp_path / "stream.ts"), 40)
    try:
        with up(tmp_path, server.port, "--json") as console:
            console.read_until('"camera_running"')
    finally:
        server.stop()
    odd = [line for line in console.text.splitlines() if not line.startswith("{")]
    assert not odd
    events = [json.loads(line) for line in console.text.splitlines()]
    assert all({"time", "event", "level", "source", "message"} <= set(event) for event in events)
    (camera,) = [event for event in events if event["event"] == "camera_running"]
    assert (camera["source"], camera["size_px"]) == ("lobby", "64x48")
    assert 10 < camera["rate_hz"] < 30
