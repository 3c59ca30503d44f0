# SPDX-License-Identifier: Apache-2.0
"""The command line: what it says of itself, and how it refuses a site that cannot start."""

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def content(scene_folder: Path, tmp_path: Path) -> dict[str, Any]:
    """A site that works, on the rendered room."""
    camera = yaml.safe_load((scene_folder / "camera.yaml").read_text())
    camera["source"]["uri"] = str(scene_folder / "video.avi")
    camera["authorization"] = {"required": False}
    camera["zones"] = {
        "left": {"polygon_m": [[-5, 5], [0, 5], [0, 13], [-5, 13]]},
        "right": {"polygon_m": [[0, 5], [5, 5], [5, 13], [0, 13]]},
    }
    return {"site": "test", "state": str(tmp_path / "state"), "cameras": {"room": camera}}


def write(tmp_path: Path, content: dict[str, Any]) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def privcv(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "privcv_bringup.cli", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ)
    )


def changed(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(content)
    *parents, leaf = path.split(".")
    place = result
    for parent in parents:
        place = place.setdefault(parent, {})
    place[leaf] = value
    return result


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("cameras.room.source.uri", "/nowhere/video.avi", "cameras.room.source.uri"),
        ("cameras.room.detector", {"kind": "onnx", "model": "/nowhere/m.onnx"},
         "cameras.room.detector"),
        ("cameras.room.source", {"kind": "v4l2", "uri": "/dev/video97"}, "there is no device"),
        ("cameras.room.calibration.max_error_px", 0.001, "cameras.room.calibration"),
        ("state", "/proc/privcv", "state: /proc/privcv cannot be made"),
    ],
)  # fmt: skip
def test_starters_refuse_what_is_not_there_in_one_line(
    content: dict[str, Any], tmp_path: Path, path: str, value: Any, says: str
) -> None:
    content["cameras"]["room"]["calibration"]["points_m"][4] = [0.02, 9.0]  # 2 cm off
    file = str(write(tmp_path, changed(content, path, value)))
    for command in ("up", "graph") if path != "state" else ("up",):
        done = privcv(command, file)
        assert done.returncode == 2, done.stderr
        assert says in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["", "up", "audit", "replay", "demo", "bag", "scene", "graph"])
def test_every_command_explains_itself(command: str) -> None:
    done = privcv(*command.split(), "--help")
    assert done.returncode == 0
    assert "privcv" in done.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    done = privcv("upp")
    assert done.returncode == 2
    assert "No such command" in done.stderr
