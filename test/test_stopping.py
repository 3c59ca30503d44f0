# SPDX-License-Identifier: Apache-2.0
"""Whatever runs is stopped by a signal within five seconds, and leaves no process and no lock."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml
from commands import CommandRun, judge, run_command
from media import write_clip
from waiting import wait_until

from privcv_bringup.replay.bag import write_bag
from privcv_privacy.budget.ledger import Ledger

WITHIN_S = 5.0
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
EACH_ENDING = [
    pytest.param(number, id=number.name, marks=[pytest.mark.long] if index else [])
    for index, number in enumerate(ENDINGS)
]
LONG_S = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of ten minutes, a bag of it, and a site."""
    place = tmp_path_factory.mktemp("stopping")
    write_clip(place / "clip.avi", LONG_S, fps=1.0, size=(320, 240))
    list(write_bag(place / "clip.avi", place / "bag", start="2026-01-31T08:00:00Z"))
    camera = {
        "source": {"kind": "file", "uri": "clip.avi", "rate": 1.0},
        "detector": {"kind": "builtin"},
        "authorization": {"required": False},
        "zones": {"all": {"polygon_m": [[0, 0], [3, 0], [3, 2], [0, 2]]}},
    }
    privacy = {"unit": "person_window", "window_s": 10, "dwell_period_s": 60}
    site = {"site": "t", "state": "state", "cameras": {"c": camera}, "privacy": privacy}
    (place / "site.yaml").write_text(yaml.safe_dump(site))
    return place


def check(run: CommandRun, number: signal.Signals) -> None:
    judge(run)
    assert run.stopped_s is not None
    assert run.stopped_s < WITHIN_S, run.said
    assert run.status in (0, 128 + number), run.said


def check_ledger(folder: Path) -> None:
    """Nobody holds the ledger."""
    files = list(folder.rglob("ledger.db"))
    assert files, "the graph had not come so far"
    for path in files:
        with Ledger(path):
            pass


def camera_runs(text: str) -> bool:
    """Whether the processes of a graph that is a child of ours have come up."""
    return len(nodes_below_us()) >= 3


def nodes_below_us() -> list[psutil.Process]:
    """Processes with nodes below this one, which adopts orphans; not those that have ended."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # gone meanwhile, or not yet waited for by anybody
            if "privcv_core.node.process" in child.cmdline():
                found.append(child)
    return found


GRAPHS = [
    (("replay", "bag", "--site", "site.yaml"), signal.SIGTERM),
    (("replay", "clip.avi", "--site", "site.yaml"), signal.SIGINT),
    (("demo", "--site", "site.yaml", "-o", "demo"), signal.SIGTERM),
    (("up", "site.yaml"), signal.SIGHUP),
]


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        pytest.param(*given, marks=pytest.mark.long if index else pytest.mark.graph)
        for index, given in enumerate(GRAPHS)
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else " ".join(value[:2]),
)
def test_a_graph_is_stopped_with_the_command_that_runs_it(
    folder: Path, ros_domain: int, arguments: tuple[str, ...], number: signal.Signals
) -> None:
    began_s = time.monotonic()

    def is_ready(text: str) -> bool:
        return camera_runs(text) and time.monotonic() - began_s > 8.0

    run = run_command(*arguments, folder=folder, timeout_s=90, send=number, when=is_ready)
    check(run, number)
    check_ledger(folder)


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments", [given for given, _ in GRAPHS], ids=lambda words: " ".join(words[:2])
)
@pytest.mark.parametrize("after_s", [1.0, 4.0, 8.0])
def test_ctrl_c_again_and_again_ends_a_graph_as_one_does(
    folder: Path, ros_domain: int, arguments: tuple[str, ...], after_s: float
) -> None:
    """Neither an interpreter that crashes over its threads, nor a trace of who was starting."""
    began_s = time.monotonic()
    run = run_command(
        *arguments, folder=folder, timeout_s=60, send=signal.SIGINT, again=True,
        when=lambda text: time.monotonic() - began_s > after_s,
    )  # fmt: skip
    judge(run)
    assert run.stopped_s is not None
    assert run.stopped_s < WITHIN_S, run.said
    # The last of them may come while Python ends, which has asked for none any more.
    assert run.status in (0, 130, -signal.SIGINT), run.said


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("replay", marks=pytest.mark.graph),
        pytest.param("demo", marks=pytest.mark.long),
        pytest.param("up", marks=pytest.mark.long),
    ],
)
def test_a_graph_ends_where_the_command_that_runs_it_is_killed(
    folder: Path, ros_domain: int, command: str
) -> None:
    words = {
        "replay": ["replay", "bag", "--site", "site.yaml"],
        "demo": ["demo", "--site", "site.yaml", "-o", "killed"],
        "up": ["up", "site.yaml"],
    }[command]
    process = subprocess.Popen(
        [sys.executable, "-m", "privcv_bringup.cli", *words],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    parent = psutil.Process(process.pid)
    try:
        wait_until(lambda: len(parent.children(recursive=True)) >= 3, 60.0)
        time.sleep(3.0)  # somewhere in its start or in its work
        children = parent.children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        _, left = psutil.wait_procs(children, WITHIN_S)
        assert not [child.cmdline() for child in left]
    finally:
        for child in nodes_below_us():
            child.kill()
        if process.poll() is None:
            process.kill()
            process.wait()
    check_ledger(folder)


@pytest.mark.parametrize("number", EACH_ENDING)
@pytest.mark.parametrize(
    "arguments",
    [
        ("track", "clip.avi"),
        ("bag", "clip.avi", "-o", "another_bag"),
        ("calibrate", "camera.yaml", "--video", "clip.avi"),
        ("scene", "-o", "scene", "--duration", "5000"),
        ("evaluate", "privacy", "--tracks", "tracks.csv", "--format", "csv", "--seeds", "10000"),
        ("evaluate", "totals", "--video", "clip.avi", "--camera", "site.yaml",
         "--truth", "tracks.csv"),
        ("plan", "site.yaml", "--video", "clip.avi"),
    ],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
def test_what_computes_is_interrupted_where_it_is(
    folder: Path, arguments: tuple[str, ...], number: signal.Signals
) -> None:
    (folder / "camera.yaml").write_text(yaml.safe_dump({"detector": {"kind": "builtin"}}))
    rows = [f"{t},{who},{who + t / 100},{who}" for t in range(900) for who in range(9)]
    (folder / "tracks.csv").write_text("\n".join(["t_s,id,x_m,y_m", *rows]))
    began_s = time.monotonic()
    run = run_command(
        *arguments,
        folder=folder,
        timeout_s=60,
        send=number,
        when=lambda text: time.monotonic() - began_s > 1.5,
    )
    judge(run)
    if run.status == 0:  # it was done before
        shutil.rmtree(folder / "another_bag", ignore_errors=True)
        return
    check(run, number)
    assert not (folder / "another_bag").exists()


@pytest.mark.parametrize("number", EACH_ENDING[:2])  # SIGHUP has it read its certificate again
def test_a_collector_ends_well(tmp_path: Path, number: signal.Signals) -> None:
    run = run_command(
        "collector", "--db", "sqlite:///c.db", "--port", "0",
        folder=tmp_path, send=number, when=lambda text: "listening on" in text,
    )  # fmt: skip
    check(run, number)
