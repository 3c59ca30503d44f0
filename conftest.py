# SPDX-License-Identifier: Apache-2.0
"""What tests share: a kind each, a ROS domain nobody else has, example data, a rendered room."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from at_rest_keys import write_key
from releases import make_release
from ros_domain import held_domain

from privcv_core import masking
from privcv_core.at_rest.keys import VARIABLE, name_keys
from privcv_core.node.environment import graph_environment

ROOT = Path(__file__).parent
KINDS = ("unit", "graph", "long")
DOMAIN = ExitStack().enter_context(held_domain())
"""Of this process, which is a worker where there are several; held until it ends."""

# Before anything imports rclpy. The middleware reads its profile once per process, so that it has
# to be that of the graph from the start: everything stays on the loopback interface.
with suppress(PackageNotFoundError):  # no ROS: the tests that need it are skipped, each saying so
    os.environ.update(graph_environment())
# As in every privcv process: bounds of messages are enforced.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
# Before anything imports numpy. Our matrices are small: where several workers share few cores, the
# threads of linear algebra only wait for each other, and tests took up to ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its one kind, unit where it says none, and put the slow ones first.

    Several workers then end at about the same time.
    """
    for item in items:
        said = {mark.name for mark in item.iter_markers()} & set(KINDS)
        if len(said) > 1:
            raise pytest.UsageError(f"{item.nodeid} is {' and '.join(sorted(said))}: say one")
        if not said:
            item.add_marker("unit")
        if "graph" in said and item.config.pluginmanager.hasplugin("rerunfailures"):
            # Real processes on whatever machine: once more, which the report shows as rerun.
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=lambda item: item.get_closest_marker("unit") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test our ROS domain; a unit test none, so that a node fails wherever it starts."""
    unit = item.get_closest_marker("unit") is not None
    os.environ["ROS_DOMAIN_ID"] = "none: mark this test as graph" if unit else str(DOMAIN)


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    """What one test's settings name as a secret is a word in another's output."""
    yield
    masking.forget()


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> Iterator[None]:
    """Nor is what one test's site seals sealed in another."""
    yield
    name_keys(None)


@pytest.fixture(params=["clear", "sealed"])
def at_rest(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Twice: what is kept is in the clear; and encrypted, here and in processes of the test."""
    if request.param == "sealed":
        monkeypatch.setenv(VARIABLE, str(write_key(tmp_path_factory.mktemp("key") / "at-rest.key")))
    name_keys(None)
    return str(request.param)


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain for this test alone, which is that of the environment meanwhile."""
    with held_domain() as number:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(number))
        yield number


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


@pytest.fixture
def release() -> Callable[..., dict[str, Any]]:
    """``release(5)``: release number 5, of one zone and the fifth minute, unless told otherwise."""
    return make_release


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered room of 45 s: video.avi, truth.csv, camera.yaml. Needs privcv_bringup."""
    from privcv_bringup.scene.render import Scene, write_scene

    folder = tmp_path_factory.mktemp("scene")
    write_scene(Scene(duration_s=45.0, people_per_minute=24.0, seed=3), folder)
    return folder
