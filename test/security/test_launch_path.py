# SPDX-License-Identifier: Apache-2.0
"""What ``ros2 launch`` starts is what ``privcv up`` starts, so that what is shown of it holds.

Launch is played by a stand-in that notes what it was to run; the processes are not started.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
import yaml

from privcv_core.errors import SettingsError
from privcv_site.graph import build_graph
from privcv_site.site import load_site

SITE = """
site: launched
state: state
cameras:
  lobby:
    source: {kind: topic, uri: /door/image_raw}
    authorization: {required: false}
    zones: {door: {polygon_m: [[0, 0], [4, 0], [4, 4], [0, 4]]}}
uplink: {url: "https://collector.example", pins: [sha256/PIN=]}
"""


class Action:
    """Any action of launch: what it was made of."""

    made: ClassVar[list["Action"]] = []

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.options = options
        Action.made.append(self)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Action]]:
    """What launch was given to run."""

    def module(name: str, *names: str) -> None:
        stand_in = ModuleType(name)
        for each in names:
            setattr(stand_in, each, type(each, (Action,), {}))
        monkeypatch.setitem(sys.modules, name, stand_in)

    module("launch")
    module(
        "launch.actions", "DeclareLaunchArgument", "ExecuteProcess", "LogInfo", "OpaqueFunction",
        "RegisterEventHandler", "TimerAction",
    )  # fmt: skip
    module("launch.event_handlers", "OnProcessExit", "OnShutdown")
    module("launch.substitutions", "LaunchConfiguration")
    monkeypatch.delitem(sys.modules, "privcv_bringup.run.launching", raising=False)
    monkeypatch.setattr(Action, "made", [])
    yield Action.made
    sys.modules.pop("privcv_bringup.run.launching", None)


def test_launch_starts_the_processes_of_up_with_sealed_nodes(
    tmp_path: Path, nodes: list[Action]
) -> None:
    from privcv_bringup.run import launching

    site_file = tmp_path / "site.yaml"
    site_file.write_text(SITE.replace("PIN", "A" * 43))
    launching.site_actions(str(site_file))
    started = [action.options for action in nodes if type(action).__name__ == "ExecuteProcess"]
    processes = build_graph(load_site(site_file))
    assert len(started) == len(processes) == 4
    for options, process in zip(started, processes, strict=True):
        words = options["cmd"]
        settings = Path(words[words.index("--settings") + 1])
        # The same words as the supervisor gives to the same program.
        assert words == process.command(settings)
        assert "--autostart" in words
        assert settings.stat().st_mode & 0o077 == 0
        content = yaml.safe_load(settings.read_text())
        assert content["graph_secret_file"] == str(tmp_path / "state" / "graph.secret")
        assert set(content["nodes"]) == {node.full_name for node in process.nodes}
        assert "parameters" not in options


def test_launch_starts_one_stream_alone(tmp_path: Path, nodes: list[Action]) -> None:
    from privcv_bringup.run import launching

    site = yaml.safe_load(SITE.replace("PIN", "A" * 43))
    site["redactions"] = {
        "front": {
            "topic": "/front/image_raw", "people": {"kind": "builtin"},
            "authorization": {"required": False},
        }
    }  # fmt: skip
    site_file = tmp_path / "site.yaml"
    site_file.write_text(yaml.safe_dump(site))
    launching.site_actions(str(site_file), stream="front")
    (started,) = [one.options for one in nodes if type(one).__name__ == "ExecuteProcess"]
    assert started["name"] == "redaction-front"
    with pytest.raises(SettingsError, match=r"stream:=rear: .* has the redactions front"):
        launching.site_actions(str(site_file), stream="rear")
