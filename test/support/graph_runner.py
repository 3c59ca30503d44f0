# SPDX-License-Identifier: Apache-2.0
"""Runs a real graph for a test: real processes, real DDS, watched from outside."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from privcv_bringup.run.monitor import Monitor, Seen
from privcv_bringup.run.supervisor import Supervisor
from privcv_core.node.environment import as_in_the_graph
from privcv_site.processes import ProcessSpec

WITHIN_S = 120.0  # a machine under load is slow, not wrong


@dataclass
class RunningGraph:
    """What a test may ask of a graph that runs."""

    supervisor: Supervisor
    seen: Seen
    lines: list[str] = field(default_factory=list)
    status: int | None = None

    def wait(self, condition: Callable[[], Any], what: str, within_s: float = WITHIN_S) -> None:
        """Fail, with the log, where ``condition`` does not hold in time."""
        end_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > end_s:
                health = {name: value[:2] for name, value in self.seen.health.items()}
                log = "\n".join(self.lines[-40:])
                raise AssertionError(f"{what}: not within {within_s:g} s\n{health}\n{log}")
            time.sleep(0.05)


@contextmanager
def running(
    processes: list[ProcessSpec],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    namespace: str = "",
) -> Iterator[RunningGraph]:
    """The graph for the time of a ``with`` block; ``status`` is known after it.

    ``environment``: of its processes; default: that of the test. ``namespace``: of the device.
    """
    lines: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    say = lambda name, line: lines.append(f"{name}: {line}")  # noqa: E731
    supervisor = Supervisor(processes, folder, say, environment)
    result: list[int] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        result.append(await supervisor.run())

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    with Monitor(namespace=namespace) as seen:
        thread.start()
        graph = RunningGraph(supervisor, seen, lines)
        try:
            yield graph
        finally:
            loops[0].call_soon_threadsafe(supervisor.stop)
            thread.join()
            graph.status = result[0]


@contextmanager
def recorded(topic: str, message: Any, *, kept: bool = False) -> Iterator[list[bytes]]:
    """Every message on ``topic`` as it came over the wire; ``kept``: those of before it listened,
    too, where their publishers keep them."""
    import rclpy

    from privcv_core.node.process import make_executor
    from privcv_core.node.qos import LATCHED, RELIABLE

    context = rclpy.Context()
    with as_in_the_graph():
        rclpy.init(context=context)
        node = rclpy.create_node("test_recorder", context=context)
    taken: list[bytes] = []
    node.create_subscription(message, topic, taken.append, LATCHED if kept else RELIABLE, raw=True)
    executor = make_executor(context)
    executor.add_node(node)
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            executor.spin_once(timeout_sec=0.05)

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()
        node.destroy_node()
        rclpy.try_shutdown(context=context)
