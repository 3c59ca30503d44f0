# SPDX-License-Identifier: Apache-2.0
"""The graph as launch actions: the same processes, parameters and environment as ``privcv up``."""

import tempfile
from pathlib import Path
from typing import Any

from launch.actions import OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnShutdown
from launch_ros.actions import Node

from privcv_bringup.run.logs import prepare_state
from privcv_core.errors import SettingsError
from privcv_site.graph import build_graph
from privcv_site.processes import ProcessSpec, write_parameters
from privcv_site.site import load_site

RESTART_AFTER_S = 2.0


def site_actions(site_file: str, camera: str | None = None) -> list[Any]:
    """Launch actions of a site file, or of one of its cameras. Raises ``SettingsError``."""
    site = load_site(site_file)
    prepare_state(site)
    processes = build_graph(site)
    if camera is not None:
        if camera not in site.cameras:
            names = ", ".join(site.cameras)
            raise SettingsError(f"camera:={camera}: {site_file} has the cameras {names}")
        processes = [process for process in processes if process.name == camera]
    folder = Path(tempfile.mkdtemp(prefix="privcv-"))  # 0700: parameters may hold passwords
    clean_up = OnShutdown(on_shutdown=[OpaqueFunction(function=_remove(folder))])
    return [
        *(_action(process, write_parameters(process, folder)) for process in processes),
        RegisterEventHandler(clean_up),
    ]


def _action(process: ProcessSpec, parameters: Path) -> Node:
    arguments = process.arguments(parameters)
    return Node(
        package="privcv_core",
        executable="process",
        arguments=arguments[: arguments.index("--ros-args")],
        ros_arguments=arguments[arguments.index("--ros-args") + 1 :],
        additional_env=dict(process.environment),
        respawn=True,
        respawn_delay=RESTART_AFTER_S,
        output="screen",
        emulate_tty=True,
    )


def _remove(folder: Path) -> Any:
    import shutil

    def remove(context: Any) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    return remove
