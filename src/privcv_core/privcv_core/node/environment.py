# SPDX-License-Identifier: Apache-2.0
"""The environment variables that every process of a graph runs with, whoever starts it.

They stand in ``camera.env`` beside this file, with the Fast DDS profile that they name.
``privcv env`` prints them for a shell.
"""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from privcv_core.settings.environment_file import read_environment

FILE = Path(__file__).with_name("camera.env")
GUARD_PROFILE = Path(__file__).with_name("fastdds_guard.xml")
PROFILE = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
# How the allocator treats frames; of use only where they are.
MEMORY = "MALLOC_"


def camera_environment() -> dict[str, str]:
    """For a process that holds frames."""
    environment = read_environment(FILE)
    unknown = _unknown_profile()
    if unknown is not None:
        del environment[unknown]
    return environment


def graph_environment() -> dict[str, str]:
    """For every other process, and for whoever wants to be seen by them: on this machine only."""
    environment = camera_environment()
    return {name: value for name, value in environment.items() if not name.startswith(MEMORY)}


def guard_environment() -> dict[str, str]:
    """For the guard, which tells whoever comes that it is there: who is gone before the two have
    met in DDS was never seen."""
    profile = dict.fromkeys(PROFILE, str(GUARD_PROFILE))
    environment = graph_environment()
    return {name: profile.get(name, value) for name, value in environment.items()}


def shell_exports(environment: Mapping[str, str]) -> str:
    """``environment`` as lines that a POSIX shell can ``eval``; values are quoted."""
    return "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())
    )


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


def _unknown_profile() -> str | None:
    """The spelling that this Fast DDS does not take: 2 knows the first only, 3 warns of it."""
    try:
        rclpy = int(version("rclpy").split(".")[0])
    except PackageNotFoundError:  # no ROS here: for whichever reads it
        return None
    return PROFILE[0] if rclpy >= 9 else PROFILE[1]  # Fast DDS 3 came with ROS Kilted
