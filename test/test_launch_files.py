# SPDX-License-Identifier: Apache-2.0
"""A launch file starts a site that counts: by ``launch_testing``, and by our own runner."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import launched_site

pytestmark = pytest.mark.graph
NAME = "robot1"


@pytest.fixture
def environment(
    scene_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    camera = yaml.safe_load((scene_folder / "camera.yaml").read_text())
    camera["source"] = {"kind": "file", "uri": str(scene_folder / "video.avi")}
    camera["authorization"] = {"required": False}
    camera["zones"] = {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}}
    content: dict[str, Any] = {
        "state": str(tmp_path / "state"),
        "cameras": {"room": camera},
        "privacy": {"unit": "person_window", "epsilon": 4, "window_s": 10, "dwell_period_s": 60},
    }
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv(launched_site.SITE, str(tmp_path / "site.yaml"))
    monkeypatch.setenv(launched_site.NAMESPACE, NAME)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_what_launch_starts_counts(environment: dict[str, str]) -> None:
    pytest.importorskip("launch_testing.launch_test", reason="needs launch_testing")
    words = [sys.executable, "-m", "launch_testing.launch_test", launched_site.__file__]
    run = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_up_starts_counts(environment: dict[str, str], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "privcv_bringup.cli", "up", os.environ[launched_site.SITE]]
    with (tmp_path / "log.txt").open("wb") as log:
        graph = subprocess.Popen(
            [*words, "--namespace", NAME], env=environment, stdout=log, stderr=log
        )
    try:
        launched_site.check_that_it_counts()
    finally:
        graph.send_signal(signal.SIGINT)
        status = graph.wait(30)
        print((tmp_path / "log.txt").read_text())
    assert status == 0
