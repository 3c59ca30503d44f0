# SPDX-License-Identifier: Apache-2.0
"""Run one or more nodes as one process: ``python -m privcv_core.node.process MODULE:CLASS ...``.

The process is its own lifecycle manager with ``--autostart``: it configures and activates its
nodes in order, tries again with backoff where that fails, and on SIGINT, SIGTERM or SIGHUP, or when
whoever started it is gone, deactivates them in reverse order and exits with 0. Without it the nodes
wait, as lifecycle nodes do, for someone to call their transitions. A setting that cannot be used is
one line on standard error and exit status 2.
"""

import argparse
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from privcv_core.errors import BAD_SETTINGS, PrivcvError, SettingsError
from privcv_core.masked_output import mask_what_is_printed
from privcv_core.masking import mask
from privcv_core.parent import end_with_parent

# What takes long to load is imported where it is used: a signal that comes before ``run`` has asked
# for signals would end the process with a traceback.
if TYPE_CHECKING:
    from privcv_core.settings.settings_file import SettingsFile

FAILED = 1
REQUIRE_SECRET = "PRIVCV_REQUIRE_SECRET"
"""Environment variable: where it is set, a node that would believe everybody is not started."""
BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
ORPHAN_ENDS_WITHIN_S = 4.0
"""Nobody is left who would end a process that does not stop in order."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this module."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    ours = given[: given.index("--ros-args")] if "--ros-args" in given else given
    parser = argparse.ArgumentParser(prog="privcv_core.node.process", description=__doc__)
    parser.add_argument("nodes", nargs="+", metavar="MODULE:CLASS")
    parser.add_argument("--autostart", action="store_true", help="configure and activate at start")
    parser.add_argument("--settings", metavar="FILE", help="settings of the nodes; no parameters")
    options = parser.parse_args(ours)
    ros_arguments = given[len(ours) :]
    sys.exit(run(options.nodes, ros_arguments, options.settings, autostart=options.autostart))


def run_node(node: str) -> None:
    """The ``main`` of a package's executable that runs one node: ``ros2 run PACKAGE NODE``."""
    main([node, *sys.argv[1:]])


def run(
    nodes: Sequence[str], ros_arguments: Sequence[str], settings: str | None, *, autostart: bool
) -> int:
    """Run ``nodes`` (``module:class``) until a signal; returns the exit status.

    ``settings``: path of a settings file, which is read once, here.
    """
    # A node's module may harden the process as it is imported (no core dumps, memory that is
    # overwritten when freed). That has to come before rclpy is loaded, so rclpy comes after.
    stop = _StopOnSignal()
    mask_what_is_printed()
    # Messages hold Python code to their bounds only where this is set before they are imported:
    # without it a string of any length would be published.
    os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
    try:
        file = _settings_file(settings, ros_arguments, autostart)
    except PrivcvError as error:
        print(mask(f"privcv: {error}"), file=sys.stderr, flush=True)
        return BAD_SETTINGS
    classes = [_load(node) for node in nodes]
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    stop.loading = False
    rclpy.init(args=list(ros_arguments), signal_handler_options=SignalHandlerOptions.NO)
    made: list[Any] = []
    status = BAD_SETTINGS
    try:
        for node_class in classes:
            made.append(node_class(settings_file=file))
        status = FAILED
        _authenticate(made, file)
        _spin(made, stop, autostart)
        status = 0
    except PrivcvError as error:
        print(mask(f"privcv: {error}"), file=sys.stderr, flush=True)
    finally:
        for node in reversed(made):
            if not node.is_finalized:
                node.trigger_shutdown()
            node.destroy_node()
        rclpy.try_shutdown()
    return status


def _settings_file(
    path: str | None, ros_arguments: Sequence[str], autostart: bool
) -> "SettingsFile | None":
    if path is None:
        _refuse_without_secret("no settings file")
        return None
    for word in ros_arguments:
        if word in ("-p", "--param", "--params-file"):
            raise SettingsError(
                f"{word}: with --settings the nodes have no parameters, and need no use_sim_time: "
                "event time comes with each frame; leave it out"
            )
    if not autostart:
        raise SettingsError(
            "--settings: nobody else may start such a node: give --autostart too, or leave both "
            "out for a lifecycle manager"
        )
    from privcv_core.at_rest.key_check import check_keys
    from privcv_core.at_rest.keys import name_keys
    from privcv_core.settings.settings_file import read_settings_file

    file = read_settings_file(path)
    name_keys(file.at_rest_key)
    check_keys(file.at_rest_check)
    if file.graph_secret_file is None:
        _refuse_without_secret(path)
    return file


def _refuse_without_secret(where: str) -> None:
    """Where this machine is to run no node that believes everybody."""
    if os.environ.get(REQUIRE_SECRET, "") not in ("", "0"):
        raise SettingsError(
            f"{where}: names no graph_secret_file, and {REQUIRE_SECRET} is set: start it with "
            "--settings FILE that names the secret of this device, as 'privcv up' does"
        )


def _authenticate(nodes: list[Any], file: "SettingsFile | None") -> None:
    """Give each node the secret of the graph. Raises ``KeyFileError``: it may be there later."""
    from privcv_core.files.graph_secret import graph_secret
    from privcv_core.node.authentication import NO_SECRET, Authenticator

    if file is None or file.graph_secret_file is None:
        nodes[0].get_logger().warning(NO_SECRET)
    else:
        authenticator = Authenticator(graph_secret(file.graph_secret_file))
        for node in nodes:
            node.authenticator = authenticator


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
        try:
            executor.spin_once(timeout_sec=0.1 if any(s.waiting for s in starters) else 0.5)
        except PrivcvError:
            raise
        except Exception as error:  # bytes that are no message of the topic's type
            nodes[0].refuse("the middleware", f"cannot be read: {error}")


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
    """Remembers that SIGINT, SIGTERM or SIGHUP came; the kernel sends one as the parent ends.

    While the process is only loading code there is nothing to stop in order: it ends at once.
    """

    def __init__(self) -> None:
        self.requested = False
        self.loading = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._request)
        self._parent = end_with_parent()

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.loading:
            os._exit(0)
        if self._parent is not None and os.getppid() != self._parent and not self.requested:
            end = threading.Timer(ORPHAN_ENDS_WITHIN_S, os._exit, (FAILED,))
            end.daemon = True
            end.start()
        self.requested = True


def _load(node: str) -> Any:
    module, _, name = node.partition(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    main()
