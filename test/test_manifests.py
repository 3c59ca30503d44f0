# SPDX-License-Identifier: Apache-2.0
"""Each package.xml names what the code and the tests of its package import, and nothing else."""

import ast
import re
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from privcv_core.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
CITATION = ROOT / "CITATION.cff"
PACKAGES = sorted(path.parent for path in ROOT.glob("src/*/package.xml"))
PYTHON_PACKAGES = [path for path in PACKAGES if (path / "setup.py").exists()]
OURS = {path.name for path in PACKAGES}

ROSDEP = {
    "Cryptodome": "python3-pycryptodome",
    "aiohttp": "python3-aiohttp",
    "alembic": "python3-alembic",
    "click": "python3-click",
    "cryptography": "python3-cryptography",
    "cv2": "python3-opencv",
    "fastapi": "python3-fastapi",
    "hypothesis": "python3-hypothesis",
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "onnxruntime": "python3-onnxruntime-pip",
    "paho": "python3-paho-mqtt",
    "prometheus_client": "python3-prometheus-client",
    "psutil": "python3-psutil",
    "pydantic": "python3-pydantic",
    "pytest": "python3-pytest",
    "pytest_asyncio": "python3-pytest-asyncio",
    "rich": "python3-rich",
    "rosbags": "python3-rosbags-pip",
    "scipy": "python3-scipy",
    "segno": "python3-segno",
    "shapely": "python3-shapely",
    "sqlalchemy": "python3-sqlalchemy",
    "uvicorn": "python3-uvicorn",
    "yaml": "python3-yaml",
}
"""Module: its key in rosdep/python.yaml of ros/rosdistro."""

ROS = {
    "ament_index_python", "builtin_interfaces", "diagnostic_msgs", "launch",
    "lifecycle_msgs", "rcl_interfaces", "rclpy", "rosgraph_msgs", "rosidl_parser", "sensor_msgs",
    "std_srvs",
}  # fmt: skip
"""Packages of ROS 2, whose key is the name of their module."""

COMES_WITH = {"anyio": "fastapi", "starlette": "fastapi"}
"""Modules that another brings, of which they are a part to us."""

TEST_TOOLS = {"python3-pytest", "ament_flake8", "ament_pep257"}
"""What runs the tests of every package, and the linters of ROS among them."""


STARTED_FROM_ABOVE = {("privcv_site", "privcv_compliance")}
"""(package, one that lies above it and that it names but does not import): the guard's process."""


def key_of(module: str, without_key: set[str]) -> str | None:
    """The name in package.xml for a top-level module, None where it has no rosdep key."""
    module = COMES_WITH.get(module, module)
    if module in without_key:
        return None
    assert module in OURS | ROS | ROSDEP.keys(), (
        f"{module}: which rosdep key is it? Add it to ROSDEP here, or to requirements/README.md"
    )
    return ROSDEP.get(module, module)


def modules(folder: Path) -> Iterator[str]:
    """Top-level modules that the Python files below import, or name in a string to be loaded."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                named = re.fullmatch(r"(privcv_\w+)(\.\w+)+(:\w+)?", node.value)
                if named and named[1] in OURS:
                    yield named[1]


def dependencies(package: Path, without_key: set[str]) -> tuple[set[str], set[str]]:
    """(exec, test): the keys that the code of a package needs, and those that its tests need more.

    Modules in the package or beside its tests are its own, and those that all tests share.
    """
    shared = {path.stem for path in ROOT.glob("test/support/*.py")}
    own = {path.stem for path in (package / "test").rglob("*.py")} | shared | {package.name}
    found = []
    for folder in (package / package.name, package / "test"):
        used = set(modules(folder)) - own - sys.stdlib_module_names
        used -= {above for below, above in STARTED_FROM_ABOVE if below == package.name}
        found.append({key for module in used if (key := key_of(module, without_key))})
    code, tests = found
    return code, (tests | TEST_TOOLS) - code


@pytest.fixture(scope="module")
def without_key() -> set[str]:
    """The modules that requirements/README.md lists as having no rosdep key."""
    text = (ROOT / "requirements" / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"^- `(\w+)`", text, re.MULTILINE))


@pytest.mark.parametrize("package", PYTHON_PACKAGES, ids=lambda path: path.name)
def test_a_manifest_names_what_is_imported(package: Path, without_key: set[str]) -> None:
    tree = ElementTree.parse(package / "package.xml").getroot()
    code, tests = dependencies(package, without_key)
    assert {element.text for element in tree.iter("exec_depend")} == code
    assert {element.text for element in tree.iter("test_depend")} == tests
    # What `colcon test` decides by: without it, no test of the package runs and all is well.
    assert setup_of(package)["options.extras_require"]["test"] == "pytest"


def setup_of(package: Path) -> ConfigParser:
    """What a package's setup.cfg says."""
    setup = ConfigParser()
    setup.read(package / "setup.cfg", encoding="utf-8")
    return setup


def test_what_has_no_key_is_locked(without_key: set[str]) -> None:
    assert without_key
    locks = [
        ROOT / "requirements" / f"{name}.txt" for name in ("product", "pages", "extras", "tpm")
    ]
    locked = "".join(lock.read_text(encoding="utf-8") for lock in locks)
    pinned = set(re.findall(r"^([\w-]+)(?:\[\w+\])?==", locked, re.MULTILINE))
    assert {module.replace("_", "-") for module in without_key} - pinned == set()


def test_names_and_versions_agree_everywhere() -> None:
    stated = {path: {path.read_text().split("\nversion: ")[1].split()[0]} for path in [CITATION]}
    for package in PACKAGES:
        tree = ElementTree.parse(package / "package.xml").getroot()
        stated[package] = {tree.findtext("version")}
        if package in PYTHON_PACKAGES:
            metadata = setup_of(package)["metadata"]
            assert tree.findtext("name") == package.name == metadata["name"]
            assert tree.findtext("description") == metadata["description"]
            stated[package].add(metadata["version"])
    assert set.union(*stated.values()) == {VERSION}, stated


def test_every_key_of_a_manifest_is_one_of_rosdep_or_a_package_of_each_ros_that_is_named() -> None:
    """Against a record of ros/rosdistro, with its date: names here are no proof that they exist."""
    recorded = yaml.safe_load((ROOT / "test/rosdep_keys.yaml").read_text(encoding="utf-8"))
    used = {
        str(element.text)
        for package in PACKAGES
        for element in ElementTree.parse(package / "package.xml").getroot().iter()
        if element.tag.endswith("depend")
    }
    known = {*recorded["packages"], *recorded["keys"]}
    assert used - OURS == known, "look new ones up in ros/rosdistro, and take unused ones out"
    assert {key for key in known if key.startswith("python3-")} == set(recorded["keys"])
