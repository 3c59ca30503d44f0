# SPDX-License-Identifier: Apache-2.0
"""The wheel holds all that its packages hold, and runs where ROS 2 is not installed."""

import http.client
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from waiting import wait_until

from privcv_core.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")

# What a machine without ROS 2 and without the workspace finds: neither.
WITHOUT_ROS = """
import sys
from privcv_bringup import cli

class Without:
    def find_spec(self, name, path=None, target=None):
        if cli.is_of_ros(name):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

sys.meta_path.insert(0, Without())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, ROOT / "tools/build_wheel.py", folder], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that has the wheel, what it depends on, and no ROS 2."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", folder, wheel], check=True)
    (folder / "sitecustomize.py").write_text(WITHOUT_ROS)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**environment, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}


def privcv(
    environment: dict[str, str], *words: str | Path, folder: Path
) -> subprocess.CompletedProcess[str]:
    script = Path(environment["PYTHONPATH"]) / "bin" / "privcv"
    command = [sys.executable, script, *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def test_it_holds_every_file_of_its_packages(wheel: Path) -> None:
    expected = {
        str(path.relative_to(package))
        for package in ROOT.glob("src/privcv_*")
        for path in (package / package.name).rglob("*")
        if (package / "setup.py").exists() and path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as content:
        held = {name for name in content.namelist() if ".dist-info/" not in name}
    assert held == expected
    assert wheel.name == f"privcv-{VERSION}-py3-none-any.whl"


def test_it_tracks_people_without_ros(installed: dict[str, str], tmp_path: Path) -> None:
    made = privcv(installed, "scene", "-o", tmp_path / "room", "--duration", "4", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    video, camera = tmp_path / "room/video.avi", tmp_path / "room/camera.yaml"
    table = tmp_path / "tracks.csv"
    ran = privcv(
        installed, "track", video, "--camera", camera, "--out", table, folder=tmp_path
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "40 frames" in ran.stdout + ran.stderr
    assert table.read_text().startswith("frame,id,")


def test_it_serves_a_collector_without_ros(installed: dict[str, str], tmp_path: Path) -> None:
    script = Path(installed["PYTHONPATH"]) / "bin" / "privcv"
    command = [sys.executable, script, "collector", "--db", f"sqlite:///{tmp_path}/totals.db"]
    said = tmp_path / "said"
    with said.open("w") as log:
        process = subprocess.Popen([*command, "--port", "0"], env=installed, stdout=log, stderr=log)
    try:
        wait_until(lambda: ADDRESS.search(said.read_text()) or process.poll() is not None, 60)
        found = ADDRESS.search(said.read_text())
        assert found, said.read_text()
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("words", ["replay room.mp4 --site site.yaml", "audit schema", "demo"])
def test_what_needs_ros_says_so(installed: dict[str, str], tmp_path: Path, words: str) -> None:
    ran = privcv(installed, *words.split(), folder=tmp_path)
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"privcv: {' '.join(words.split(' -')[0].split()[:2])}: needs ROS 2")
    assert "run 'make setup'" in line


@pytest.mark.long
def test_it_installs_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """With what it names as its dependencies and nothing else; needs the package index."""
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty/bin/python"
    constraints = wheel.with_name("constraints.txt")
    command = [python, "-m", "pip", "install", "-q", "-c", constraints, wheel]
    subprocess.run(command, check=True)
    subprocess.run([python, "-m", "pip", "check"], check=True)
    for words in ("--version", "track --help", "collector --help", "evaluate privacy --help"):
        ran = subprocess.run(
            [tmp_path / "empty/bin/privcv", *words.split()],
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
