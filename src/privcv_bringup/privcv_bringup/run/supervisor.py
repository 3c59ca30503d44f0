# SPDX-License-Identifier: Apache-2.0
"""Starts, watches, restarts and stops the processes of a graph: what launch does, without ROS.

Each process restarts on its own, with backoff, when it dies: a camera that fails takes no other
camera down. A process that refuses its settings (exit status 2) would refuse them again and is
not restarted.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from privcv_bringup.run.restart import RestartPolicy, shell_status
from privcv_core.parent import parent_environment
from privcv_site.processes import ProcessSpec, write_settings

STOP_WITHIN_S = 4.0
STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)
LONGEST_LINE = 1 << 16


class Supervisor:
    """Runs ``processes`` until ``stop`` is called or none is left that may run.

    ``say(process, line)`` gets every line a process prints, and the supervisor's own words.
    """

    def __init__(
        self,
        processes: Sequence[ProcessSpec],
        folder: Path,
        say: Callable[[str, str], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._processes = processes
        self._folder = folder
        self._say = say
        self._environment = dict(os.environ if environment is None else environment)
        self._stopping = asyncio.Event()
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._statuses: dict[str, int] = {}
        self.given_up: dict[str, int] = {}
        """Processes that are not started again, and the status they ended with."""

    async def run(self) -> int:
        """Returns the worst exit status that a process ended with."""
        await asyncio.gather(*(self._keep_running(process) for process in self._processes))
        return max(self._statuses.values(), default=0)

    def stop(self) -> None:
        """Have every process end: SIGTERM now, then SIGINT, SIGKILL ``STOP_WITHIN_S`` later."""
        self._stopping.set()

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run now."""
        return {name: child.pid for name, child in self._children.items()}

    async def _keep_running(self, process: ProcessSpec) -> None:
        policy = RestartPolicy()
        while not self._stopping.is_set():
            started_s = time.monotonic()
            status = await self._run_once(process)
            self._statuses[process.name] = max(self._statuses.get(process.name, 0), status)
            if self._stopping.is_set():
                return
            decision = policy.after(status, time.monotonic() - started_s)
            self._say(process.name, decision.words)
            if decision.delay_s is None:
                self.given_up[process.name] = status
                return
            await self._sleep(decision.delay_s)

    async def _run_once(self, process: ProcessSpec) -> int:
        settings = write_settings(process, self._folder)
        child = await asyncio.create_subprocess_exec(
            *process.command(settings),
            env={**self._environment, **process.environment, **parent_environment()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            # Its own group: Ctrl-C in the terminal reaches us alone, and we stop it in order.
            start_new_session=True,
        )
        self._children[process.name] = child
        pump = asyncio.create_task(self._pump(process.name, child))
        ended = asyncio.create_task(child.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await self._end(process.name, child, ended)
        finally:
            stopping.cancel()
            _signal_group(child, signal.SIGKILL)  # whatever it left behind
            await ended
            await pump
            del self._children[process.name]
        return _status(child.returncode or 0, asked_to_stop=self._stopping.is_set())

    async def _end(
        self, name: str, child: asyncio.subprocess.Process, ended: "asyncio.Task[int]"
    ) -> None:
        # SIGTERM first: while Python sets itself up, it drops a SIGINT or dies of it with a
        # traceback.
        for number in (signal.SIGTERM, signal.SIGINT):
            _signal_group(child, number)
            await asyncio.wait({ended}, timeout=STOP_WITHIN_S / 2)
            if ended.done():
                return
        self._say(name, f"did not stop within {STOP_WITHIN_S:g} s and is killed")
        _signal_group(child, signal.SIGKILL)

    async def _pump(self, name: str, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        while True:
            try:
                line = await child.stdout.readline()
            except ValueError:  # a line longer than the limit: its rest follows
                continue
            if not line:
                return
            self._say(name, line.decode(errors="replace").rstrip())

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), timeout=seconds)
        except asyncio.TimeoutError:
            return


def _status(code: int, *, asked_to_stop: bool) -> int:
    """As a shell counts. Whoever ends by the signal we sent, even while starting, did well."""
    status = shell_status(code)
    return 0 if asked_to_stop and status in STOPPED else status


def _signal_group(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return
