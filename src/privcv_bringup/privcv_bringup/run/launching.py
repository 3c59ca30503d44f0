# SPDX-License-Identifier: Apache-2.0
"""The graph as launch actions: the same processes, preflight and restarts as ``privcv up``."""

import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from launch.actions import LogInfo, OpaqueFunction, RegisterEventHandler, TimerAction
from launch.event_handlers import OnProcessExit, OnShutdown
from launch_ros.actions import Node

from privcv_bringup.run.restart import RestartPolicy, shell_status
from privcv_core.errors import SettingsError
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site, prepare_state
from privcv_site.processes import ProcessSpec, write_settings
from privcv_site.site import load_site


def site_actions(site_file: str, camera: str | None = None) -> list[Any]:
    """Launch actions of a site file, or of one of its cameras. Raises ``SettingsError``."""
    site = load_site(site_file)
    processes = build_graph(site)
    if camera is not None:
        if camera not in site.cameras:
            names = ", ".join(site.cameras)
            raise SettingsError(f"camera:={camera}: {site_file} has the cameras {names}")
        processes = [process for process in processes if process.name == camera]
    check_site(site, site_file, [process.name for process in processes])
    prepare_state(site)
    folder = Path(tempfile.mkdtemp(prefix="privcv-"))  # 0700: settings may hold passwords
    clean_up = OnShutdown(on_shutdown=[OpaqueFunction(function=partial(_remove, folder))])
    started = [
        action
        for process in processes
        for action in keep_running(
            process.name, partial(_node, process, write_settings(process, folder))
        )
    ]
    return [RegisterEventHandler(clean_up), *started]


def keep_running(name: str, start: Callable[[], Any]) -> list[Any]:
    """Actions that run what ``start`` makes, and again with backoff when it ends.

    Launch's own ``respawn`` would also start a process again that refused its settings.
    """
    return _run(name, start, RestartPolicy())


def _run(name: str, start: Callable[[], Any], policy: RestartPolicy) -> list[Any]:
    action = start()  # an action runs once: each restart needs one of its own
    started_s = time.monotonic()

    def ended(event: Any, context: Any) -> list[Any] | None:
        if context.is_shutdown:
            return None
        decision = policy.after(shell_status(event.returncode), time.monotonic() - started_s)
        said = LogInfo(msg=f"{name}: {decision.words}")
        if decision.delay_s is None:
            return [said]
        again = OpaqueFunction(function=lambda context: _run(name, start, policy))
        return [said, TimerAction(period=decision.delay_s, actions=[again])]

    handler = OnProcessExit(target_action=action, on_exit=ended, handle_once=True)
    return [RegisterEventHandler(handler), action]


def _node(process: ProcessSpec, settings: Path) -> Node:
    arguments = process.arguments(settings)
    return Node(
        package="privcv_core",
        executable="process",
        arguments=arguments[: arguments.index("--ros-args")],
        ros_arguments=arguments[arguments.index("--ros-args") + 1 :],
        additional_env=dict(process.environment),
        output="screen",
        emulate_tty=True,
    )


def _remove(folder: Path, context: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)
