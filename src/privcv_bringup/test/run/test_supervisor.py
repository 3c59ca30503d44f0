# SPDX-License-Identifier: Apache-2.0
"""The supervisor with real processes that die, hang and talk."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from privcv_bringup.run import restart
from privcv_bringup.run import supervisor as supervising
from privcv_bringup.run.supervisor import Supervisor
from privcv_site.processes import NodeSpec, ProcessSpec


class Script(ProcessSpec):
    """A process that runs a script instead of nodes."""

    def command(self, parameters_file: Path) -> list[str]:
        return [sys.executable, "-u", "-c", self.nodes[0].implementation]


def script(name: str, text: str) -> ProcessSpec:
    return Script(name, (NodeSpec(text, name),), {})


def run(
    tmp_path: Path, processes: list[ProcessSpec], until: Callable[[list[str]], bool]
) -> tuple[int, list[str], Supervisor]:
    """Run until ``until`` of the lines said so far holds, then stop."""
    lines: list[str] = []

    async def main() -> tuple[int, Supervisor]:
        supervisor = Supervisor(processes, tmp_path, lambda n, line: lines.append(f"{n}: {line}"))
        running = asyncio.create_task(supervisor.run())
        end_s = time.monotonic() + 30
        while not until(lines) and not running.done() and time.monotonic() < end_s:
            await asyncio.sleep(0.02)
        supervisor.stop()
        return await running, supervisor

    status, supervisor = asyncio.run(main())
    return status, lines, supervisor


def test_output_is_prefixed_and_a_clean_stop_is_status_0(tmp_path: Path) -> None:
    sleeper = (
        "import signal,sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "print('up'); signal.pause()"
    )
    status, lines, _ = run(tmp_path, [script("a", sleeper)], lambda said: "a: up" in said)
    assert status == 0
    assert lines == ["a: up"]


def test_a_process_that_is_stopped_while_it_starts_leaves_no_traceback(tmp_path: Path) -> None:
    """It has not asked for signals yet, as while Python loads what it needs."""
    starting = "print('up')\nimport time\ntime.sleep(600)"
    status, lines, _ = run(tmp_path, [script("a", starting)], lambda said: "a: up" in said)
    assert (status, lines) == (0, ["a: up"])


def test_a_process_that_dies_is_restarted_and_takes_no_other_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "BACKOFF_S", (0.05, 0.1))
    steady = "import time\nprint('steady')\nwhile True: time.sleep(1)"
    status, lines, _ = run(
        tmp_path,
        [script("bad", "print('start'); raise SystemExit(7)"), script("good", steady)],
        lambda said: said.count("bad: start") >= 3,
    )
    assert status == 7  # the worst; that the steady one ends by our signal is as it should be
    assert lines.count("good: steady") == 1
    assert any("bad: ended with status 7; restarting in 0.05 s" in line for line in lines)
    assert any("restarting in 0.1 s" in line for line in lines)


def test_refused_settings_are_not_tried_again(tmp_path: Path) -> None:
    status, lines, _ = run(
        tmp_path, [script("bad", "print('no'); raise SystemExit(2)")], lambda said: False
    )
    assert status == 2
    assert lines == ["bad: no", "bad: its settings were refused; it is not started again"]


def test_a_process_that_ignores_the_stop_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "STOP_WITHIN_S", 0.3)
    deaf = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child', child.pid)\ntime.sleep(600)"
    )
    started_s = time.monotonic()
    status, lines, _ = run(tmp_path, [script("deaf", deaf)], lambda said: bool(said))
    assert time.monotonic() - started_s < 30
    assert status == 128 + 9
    child = int(lines[0].split()[-1])
    assert not _alive(child)


def test_a_line_without_end_does_not_stop_the_others(tmp_path: Path) -> None:
    noisy = "import sys\nsys.stdout.write('x' * 300000 + '\\n'); print('after')\nsys.exit(2)"
    _, lines, _ = run(tmp_path, [script("noisy", noisy)], lambda said: False)
    assert "noisy: after" in lines


def _alive(pid: int) -> bool:
    """Whether the process runs; one that is dead but not yet reaped does not."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    os.kill(pid, 9)
    return True
