# SPDX-License-Identifier: Apache-2.0
"""Real processes with real nodes: start, refuse, fail, retry, stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytestmark = pytest.mark.graph

NODES = """
from pathlib import Path
from privcv_core.errors import PrivcvError
from privcv_core.node.lifecycle import GraphNode
from privcv_core.settings.model import Settings
from pydantic import Field

class TalkerSettings(Settings):
    rate: float = Field(2.0, ge=0.5, le=10, description="Hz.")
    wants: str = Field("", description="A file that must be there.")
    breaks: str = Field("", description="Raise a bug: once, or for good.")

class Talker(GraphNode[TalkerSettings]):
    node_name = "talker"
    settings_model = TalkerSettings
    tries = 0
    def configure(self):
        self.tries += 1
        if self.settings.breaks and (self.tries == 1 or self.settings.breaks == "for good"):
            1 / 0
        if self.settings.wants and not Path(self.settings.wants).exists():
            raise PrivcvError(f"{self.settings.wants}: is missing")
        print("configured", flush=True)
    def activate(self): print("activated", flush=True)
    def deactivate(self): print("deactivated", flush=True)
    def cleanup(self):
        print("cleaned up", flush=True)
        if self.settings.breaks == "for good":
            1 / 0
"""


def run(
    folder: Path, *ros_arguments: str, autostart: bool = True, settings: Path | None = None,
    **environment: str,
) -> subprocess.Popen[str]:  # fmt: skip
    (folder / "talkers.py").write_text(NODES)
    words = ["--autostart"] if autostart else []
    words += ["--settings", str(settings)] if settings else []
    return subprocess.Popen(
        [sys.executable, "-m", "privcv_core.node.process", "talkers:Talker", *words,
         "--ros-args", *ros_arguments],
        cwd=folder,
        env={
            **os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]), **environment,
        },
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    """Everything printed up to and including the line that holds ``words``."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"'{words}' was never said:\n{said}")


def test_signals_are_asked_for_before_anything_is_loaded() -> None:
    """A stop in the first tenths of a second would else end with a traceback and status 1."""
    script = "import sys, privcv_core.node.process; print(*sys.modules, sep='\\n')"
    words = [sys.executable, "-c", script]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert {"pydantic", "numpy", "cryptography", "yaml", "rclpy"} & {*loaded} == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_node_starts_runs_and_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    process = run(tmp_path, "-p", "rate:=3.0")
    wait_for(process, "activated")
    process.send_signal(number)
    rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rest.split("\n")[:2] == ["deactivated", "cleaned up"]


def test_without_autostart_it_waits_for_a_manager(tmp_path: Path) -> None:
    process = run(tmp_path, autostart=False)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "configured" not in said


@pytest.mark.parametrize(
    ("parameter", "says"),
    [
        ("rat:=3.0", "rat: is not a known setting (did you mean 'rate'?)"),
        ("rate:=99.0", "rate: Input should be less than or equal to 10"),
        ("rate:=quick", "rate: Input should be a valid number"),
    ],
)
def test_a_bad_parameter_is_one_line_and_status_2(
    tmp_path: Path, parameter: str, says: str
) -> None:
    process = run(tmp_path, "-p", parameter)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert says in said
    assert "Traceback" not in said


def test_a_node_that_cannot_start_says_why_and_tries_again(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    process = run(tmp_path, "-p", f"wants:={wanted}")
    assert f"{wanted}: is missing" in wait_for(process, "trying again")
    wanted.touch()
    wait_for(process, "activated")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_bug_is_cleaned_up_and_tried_again(tmp_path: Path) -> None:
    process = run(tmp_path, "-p", "breaks:=once")
    said = wait_for(process, "trying again")
    assert said.index("ZeroDivisionError") < said.index("cleaned up")
    wait_for(process, "activated")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_what_cannot_be_cleaned_up_ends_the_process_with_1(tmp_path: Path) -> None:
    process = run(tmp_path, "-p", "breaks:=for good")
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "privcv: talker: cannot be used again" in said


def settings_in(folder: Path, *, secret: bool) -> Path:
    path = folder / "talker.yaml"
    line = f"graph_secret_file: {folder / 'graph.secret'}\n" if secret else ""
    path.write_text(f"nodes: {{/talker: {{rate: 3.0}}}}\n{line}")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("settings", ["none", "without a secret", "with one"])
def test_who_believes_everybody_says_so_and_is_refused_where_that_is_required(
    tmp_path: Path, settings: str
) -> None:
    is_known = settings == "with one"
    file = None if settings == "none" else settings_in(tmp_path, secret=is_known)
    process = run(tmp_path, settings=file)
    said = wait_for(process, "activated")
    assert said.count("believes whoever speaks on the graph") == (0 if is_known else 1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    strict = run(tmp_path, settings=file, PRIVCV_REQUIRE_SECRET="1")
    if is_known:
        wait_for(strict, "activated")
        strict.send_signal(signal.SIGINT)
    said, _ = strict.communicate(timeout=20)
    assert strict.returncode == (0 if is_known else 2)
    assert ("PRIVCV_REQUIRE_SECRET is set" in said) != is_known
    assert "Traceback" not in said
