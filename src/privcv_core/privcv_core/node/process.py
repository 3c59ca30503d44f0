# SPDX-License-Identifier: Apache-2.0
"""Run one or more nodes as one process: ``python -m privcv_core.node.process MODULE:CLASS ...``.

The process is its own lifecycle manager with ``--autostart``: it configures and activates its
nodes in order, tries again with backoff where that fails, and on SIGINT or SIGTERM deactivates
them in reverse order and exits with 0. Without it the nodes wait, as lifecycle nodes do, for
someone to call their transitions. A setting that cannot be used is one line on standard error and
exit status 2.
"""

import argparse
import importlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

from privcv_core.errors import BAD_SETTINGS, PrivcvError

FAILED = 1
BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this module."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    ours = given[: given.index("--ros-args")] if "--ros-args" in given else given
    parser = argparse.ArgumentParser(prog="privcv_core.node.process", description=__doc__)
    parser.add_argument("nodes", nargs="+", metavar="MODULE:CLASS")
    parser.add_argument("--autostart", action="store_true", help="configure and activate at start")
    options = parser.parse_args(ours)
    sys.exit(run(options.nodes, given[len(ours) :], autostart=options.autostart))


def run_node(node: str) -> None:
    """The ``main`` of a package's executable that runs one node: ``ros2 run PACKAGE NODE``."""
    given = sys.argv[1:]
    autostart = "--autostart" in given
    sys.exit(run([node], [word for word in given if word != "--autostart"], autostart=autostart))


def run(nodes: Sequence[str], ros_arguments: Sequence[str], *, autostart: bool) -> int:
    """Run ``nodes`` (``module:class``) until a signal; returns the exit status."""
    # A node's module may harden the process as it is imported (no core dumps, memory that is
    # overwritten when freed). That has to come before rclpy is loaded, so rclpy comes after.
    stop = _StopOnSignal()
    # Messages hold Python code to their bounds only where this is set before they are imported:
    # without it a string of any length would be published.
    os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
    classes = [_load(node) for node in nodes]
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    stop.loading = False
    rclpy.init(args=list(ros_arguments), signal_handler_options=SignalHandlerOptions.NO)
    made: list[Any] = []
    status = BAD_SETTINGS
    try:
        made = [node_class() for node_class in classes]
        status = FAILED
        _spin(made, stop, autostart)
        status = 0
    except PrivcvError as error:
        print(f"privcv: {error}", file=sys.stderr, flush=True)
    finally:
        for node in reversed(made):
            if not node.is_finalized:
                node.trigger_shutdown()
            node.destroy_node()
        rclpy.try_shutdown()
    return status


def _spin(nodes: list[Any], stop: "_StopOnSignal", autostart: bool) -> None:
    executor = make_executor()
    for node in nodes:
        executor.add_node(node)
    starters = [_Starter(node) for node in nodes] if autostart else []
    while not stop.requested:
        for starter in starters:
            if not starter.try_again():
                break  # nodes start in order: a later one waits for those before it
        # With a timeout: in these releases spin() and spin_once() without one never return to
        # Python, so that no signal would ever be handled.
        executor.spin_once(timeout_sec=0.1 if any(s.waiting for s in starters) else 0.5)


def make_executor(context: Any = None) -> Any:
    """The cheapest executor there is; spin it with ``spin_once(timeout_sec=...)`` only."""
    try:
        from rclpy.experimental import EventsExecutor

        return EventsExecutor(context=context)
    except ImportError:
        from rclpy.executors import SingleThreadedExecutor

        return SingleThreadedExecutor(context=context)


class _Starter:
    """Brings one node to active, again and again with backoff until that works."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._failures = 0
        self._next_s = 0.0
        self.waiting = True

    def try_again(self) -> bool:
        """True once the node has been active; it is not started again after that."""
        if not self.waiting:
            return True
        if time.monotonic() < self._next_s:
            return False
        self._node.trigger_configure()
        if self._node.problem is None:
            self._node.trigger_activate()
            if self._node.is_inactive:
                self._node.trigger_cleanup()
        if self._node.is_finalized:  # what it still holds is not known: a new process is clean
            raise PrivcvError(
                f"{self._node.get_name()}: cannot be used again: {self._node.problem}"
            )
        if self._node.is_active:
            self.waiting = False
            return True
        delay_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        self._next_s = time.monotonic() + delay_s
        self._node.get_logger().warning(f"not started; trying again in {delay_s:g} s")
        return False


class _StopOnSignal:
    """Remembers that SIGINT or SIGTERM came.

    While the process is only loading code there is nothing to stop in order: it ends at once.
    """

    def __init__(self) -> None:
        self.requested = False
        self.loading = True
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.loading:
            os._exit(0)
        self.requested = True


def _load(node: str) -> Any:
    module, _, name = node.partition(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    main()
