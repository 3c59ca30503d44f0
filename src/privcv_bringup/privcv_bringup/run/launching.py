# SPDX-License-Identifier: Apache-2.0
"""The graph as launch actions: the same processes, preflight and restarts as ``privcv up``."""

import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnShutdown
from launch.substitutions import LaunchConfiguration

from privcv_bringup.run.restart import RestartPolicy, shell_status
from privcv_core.errors import SettingsError
from privcv_core.settings.graph_options import LOG_LEVELS
from privcv_site.graph import build_graph, redaction_process
from privcv_site.preflight import check_site, prepare_state
from privcv_site.processes import ProcessSpec, write_settings
from privcv_site.site import load_site


def launched_site(*, one_camera: bool = False, one_stream: bool = False) -> list[Any]:
    """What a launch file of ours consists of: its arguments, and the site that they name.

    A namespace that an including launch file pushed (``PushRosNamespace``) is taken where the
    argument ``namespace`` is not given; remappings and parameters that it set for all nodes are
    not: our nodes have none.
    """
    declared = {
        "site": DeclareLaunchArgument("site", description="Path of the site file."),
        "namespace": DeclareLaunchArgument(
            "namespace", default_value="",
            description="Namespace of all its nodes; default: the one pushed, or the site file's.",
        ),
        "log_level": DeclareLaunchArgument(
            "log_level", default_value="info", choices=list(LOG_LEVELS),
            description="What its processes print from.",
        ),
    }  # fmt: skip
    if one_camera:
        declared["camera"] = DeclareLaunchArgument("camera", description="A camera of that file.")
    if one_stream:
        declared["stream"] = DeclareLaunchArgument(
            "stream", description="One of the 'redactions' of that file: images without people."
        )

    def start(context: Any) -> list[Any]:
        given = {name: LaunchConfiguration(name).perform(context) for name in declared}
        pushed = str(context.launch_configurations.get("ros_namespace", ""))
        given["namespace"] = given["namespace"] or pushed
        return site_actions(given.pop("site"), **given)

    return [*declared.values(), OpaqueFunction(function=start)]


def site_actions(
    site_file: str,
    camera: str | None = None,
    namespace: str = "",
    log_level: str = "",
    stream: str | None = None,
) -> list[Any]:
    """Launch actions of a site file, of one of its cameras, or of one of its streams.

    Raises ``SettingsError``.
    """
    site = load_site(site_file, namespace)
    processes = build_graph(site, log_level=log_level)
    if camera is not None:
        if camera not in site.cameras:
            names = ", ".join(site.cameras)
            raise SettingsError(f"camera:={camera}: {site_file} has the cameras {names}")
        processes = [process for process in processes if process.name == camera]
    if stream is not None:
        if stream not in site.redactions:
            names = ", ".join(site.redactions) or "none"
            raise SettingsError(f"stream:={stream}: {site_file} has the redactions {names}")
        wanted = redaction_process(stream)
        processes = [process for process in processes if process.name == wanted]
    check_site(site, site_file, [process.name for process in processes])
    prepare_state(site)
    folder = Path(tempfile.mkdtemp(prefix="privcv-"))  # 0700: settings may hold passwords
    clean_up = OnShutdown(on_shutdown=[OpaqueFunction(function=partial(_remove, folder))])
    started = [
        action
        for process in processes
        for action in keep_running(
            process.name, partial(_run_process, process, write_settings(process, folder))
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


def _run_process(process: ProcessSpec, settings: Path) -> ExecuteProcess:
    # No launch_ros Node: that adds parameters and remappings that were set for all nodes.
    return ExecuteProcess(
        cmd=process.command(settings),
        name=process.name,
        additional_env=dict(process.environment),
        output="screen",
        emulate_tty=True,
    )


def _remove(folder: Path, context: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)
