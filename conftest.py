# SPDX-License-Identifier: Apache-2.0
"""What every test shares: a ROS domain of its own, the data folder, rendered scenes."""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from privcv_core.node.environment import graph_environment

# Before anything imports rclpy: tests never meet a robot on the same network, nor each other. The
# middleware reads its profile once per process, so that it has to be that of the graph from the
# start: everything stays on the loopback interface.
os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 99))
with suppress(PackageNotFoundError):  # no ROS: the tests that need it are skipped, each saying so
    os.environ.update(graph_environment())
# As in every privcv process: bounds of messages are enforced.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"

import pytest

ROOT = Path(__file__).parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of example data; tests that need it are skipped where it is not there."""
    folder = Path(os.environ.get("PRIVCV_DATA") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no example data at {folder}: set PRIVCV_DATA")
    return folder


@pytest.fixture(scope="session")
def damage() -> Callable[[random.Random, bytes], bytes]:
    """A SQLite file with a stretch of noise or of one byte, often where a page has its tree."""

    def damaged(chance: random.Random, content: bytes) -> bytes:
        front_of_a_page = chance.randrange(len(content) // 4096) * 4096 + chance.randrange(130)
        start = chance.choice([front_of_a_page, chance.randrange(len(content))])
        size = min(chance.choice([1, 2, 4, 100, 6000]), len(content) - start)
        garbage = chance.choice([chance.randbytes(size), bytes([chance.randrange(256)]) * size])
        return content[:start] + garbage + content[start + size :]

    return damaged


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered room of 45 s: video.avi, truth.csv, camera.yaml."""
    from privcv_bringup.scene.render import Scene, write_scene

    folder = tmp_path_factory.mktemp("scene")
    write_scene(Scene(duration_s=45.0, people_per_minute=24.0, seed=3), folder)
    return folder
