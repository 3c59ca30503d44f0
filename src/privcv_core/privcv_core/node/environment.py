# SPDX-License-Identifier: Apache-2.0
"""The environment that the processes of a graph run in: that of config/camera.env."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from privcv_core.settings.environment_file import read_environment

PROFILE = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
# How the allocator treats frames; of use only where they are.
MEMORY = "MALLOC_"


def camera_environment() -> dict[str, str]:
    """For a process that holds frames."""
    environment = read_environment(config_folder() / "camera.env")
    # Fast DDS 2 knows the first name only; Fast DDS 3, from ROS Kilted on, warns of it.
    fast_dds_3 = int(version("rclpy").split(".")[0]) >= 9
    environment.pop(PROFILE[0] if fast_dds_3 else PROFILE[1], None)
    return environment


def graph_environment() -> dict[str, str]:
    """For every other process, and for whoever wants to be seen by them: on this machine only."""
    environment = camera_environment()
    return {name: value for name, value in environment.items() if not name.startswith(MEMORY)}


@contextmanager
def as_in_the_graph() -> Iterator[None]:
    """Let a participant that is made in here find the graph: DDS reads the environment then."""
    before = dict(os.environ)
    os.environ.update(graph_environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def config_folder() -> Path:
    """The folder ``config``: in the checkout, or where the workspace was installed."""
    checkout = Path(__file__).resolve().parents[4] / "config"
    if (checkout / "camera.env").exists():
        return checkout
    from ament_index_python.packages import get_package_share_directory

    return Path(get_package_share_directory("privcv_bringup")) / "config"
