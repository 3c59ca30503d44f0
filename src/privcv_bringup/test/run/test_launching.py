# SPDX-License-Identifier: Apache-2.0
"""``ros2 launch`` checks what ``privcv up`` checks, and restarts what it restarts."""

import sys
from pathlib import Path
from typing import Any

import pytest

# Not "launch" alone, which in the checkout is a folder.
pytest.importorskip("launch.actions", reason="needs ros2 launch")

import launch
from launch.actions import ExecuteProcess

from privcv_bringup.run import launching, restart
from privcv_core.errors import SettingsError
from privcv_core.node.environment import graph_environment
from privcv_site.processes import NodeSpec, ProcessSpec

SITE = """
state: state
cameras:
  room:
    source: {kind: v4l2, uri: /dev/video97}
    authorization: {required: false}
    zones: {all: {polygon_m: [[0, 0], [1, 0], [1, 1]]}}
"""


def run(actions: list[Any], capfd: pytest.CaptureFixture[str]) -> str:
    """Everything that is said until launch has nothing left to do."""
    service = launch.LaunchService(noninteractive=True)
    service.include_launch_description(launch.LaunchDescription(actions))
    service.run()
    done = capfd.readouterr()
    return done.out + done.err


def test_what_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SITE)
    with pytest.raises(SettingsError, match="there is no device /dev/video97"):
        launching.site_actions(str(file))
    assert not (tmp_path / "state").exists()


def test_arguments_of_a_launch_file_reach_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(launching, "site_actions", lambda *a, **k: asked.append((a, k)) or [])
    context_of = launch.actions.SetLaunchConfiguration
    site = context_of("site", "x.yaml")
    run([site, *launching.launched_site()], capfd)
    pushed = context_of("ros_namespace", "/robot1")  # as PushRosNamespace does
    run([site, pushed, *launching.launched_site()], capfd)
    given = [context_of(name, value) for name, value in
             (("namespace", "robot2"), ("log_level", "debug"), ("camera", "room"))]  # fmt: skip
    run([site, pushed, *given, *launching.launched_site(one_camera=True)], capfd)
    assert asked == [
        (("x.yaml",), {"namespace": "", "log_level": "info"}),
        (("x.yaml",), {"namespace": "/robot1", "log_level": "info"}),
        (("x.yaml",), {"namespace": "robot2", "log_level": "debug", "camera": "room"}),
    ]


def test_a_process_that_dies_is_started_again_and_one_that_refuses_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(restart, "BACKOFF_S", (0.05,))
    count = tmp_path / "count"
    script = (  # dies twice, then says that its settings are wrong
        "import pathlib, sys\n"
        f"path = pathlib.Path({str(count)!r})\n"
        "runs = len(path.read_text()) + 1 if path.exists() else 1\n"
        "path.write_text('x' * runs)\n"
        "sys.exit(2 if runs == 3 else 7)\n"
    )
    words = [sys.executable, "-c", script]
    said = run(launching.keep_running("one", lambda: ExecuteProcess(cmd=words)), capfd)
    assert count.read_text() == "xxx"
    assert said.count("one: ended with status 7; restarting in 0.05 s") == 2
    assert said.count("one: its settings were refused; it is not started again") == 1


@pytest.mark.graph
def test_a_node_that_refuses_a_parameter_is_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SITE)
    guard = NodeSpec(
        "privcv_compliance.nodes.guard:GuardNode", "guard", parameters={"camras": ["room"]}
    )
    bad = ProcessSpec("guard", (guard,), graph_environment())
    monkeypatch.setattr(launching, "build_graph", lambda site, log_level: [bad])
    said = run(launching.site_actions(str(file)), capfd)
    assert said.count("did you mean 'cameras'?") == 1
    assert said.count("guard: its settings were refused; it is not started again") == 1
