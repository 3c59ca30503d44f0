# SPDX-License-Identifier: Apache-2.0
"""Each start, loss, recovery, release and delivery is one line, and nothing else is."""

import json
import os
import pty
import select
from pathlib import Path
from typing import Any

import pytest

from privcv_bringup.run.logs import LogPrinter
from privcv_bringup.run.monitor import Seen
from privcv_bringup.run.narrator import Event, Narrator
from privcv_core.node.health import Health, Level

CAMERA = "/lobby/detection"


class World:
    """A graph as a monitor sees it, a second at a time."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.now_s = 100.0
        self.narrator = Narrator(["lobby"], self.now_s)
        self.events: list[Event] = []
        self.frames = 0

    def say(self, node: str, health: Health) -> None:

        from diagnostic_msgs.msg import DiagnosticArray

        from privcv_core.node.diagnostics import diagnostics

        status = diagnostics(node, health, DiagnosticArray().header.stamp).status[0]
        values = {pair.key: pair.value for pair in status.values}
        self.seen.health[node] = (status.level[0], status.message, values)

    def camera(self, state: str, level: Level = Level.OK, *problems: str, came: int = 10) -> None:
        self.frames += came if state == "running" else 0
        values = {"state": state, "frames": self.frames, "image": "640x480", "source": "v4l2 0"}
        self.say(CAMERA, Health.of([(level, words) for words in problems], values, state))

    def pass_s(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.now_s += 1
            self.events += self.narrator.look(self.seen, self.now_s)

    def run_s(self, seconds: int) -> None:
        for _ in range(seconds):
            self.camera("running")
            self.pass_s()

    @property
    def told(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture(name="world")
def _world() -> World:
    pytest.importorskip("diagnostic_msgs", reason="needs ROS 2")
    return World()


def test_a_healthy_run_tells_what_runs_and_how_once(world: World) -> None:
    world.run_s(150)
    assert world.told == ["camera_running"]
    assert world.events[0].message == "running: 640x480 px, 10.0 frames/s, v4l2 0"
    assert world.events[0].facts == {"size_px": "640x480", "rate_hz": 10.0}


def test_a_loss_and_a_recovery_are_a_line_each_however_often_it_tries(world: World) -> None:
    world.run_s(10)
    for attempt in range(5):
        world.camera("opening")
        world.pass_s(1)
        world.camera("lost", Level.ERROR, f"v4l2 0: no frame; trying again in {attempt} s")
        world.pass_s(3)
    world.run_s(20)
    assert world.told == ["camera_running", "camera_lost", "camera_back"]
    assert "no frame" in world.events[1].message
    assert world.events[2].message.startswith("back after")


def test_a_camera_that_never_answers_is_told_at_once(world: World) -> None:
    world.camera("lost", Level.ERROR, "rtsp: cannot be opened; trying again in 1 s")
    world.pass_s(1)
    assert world.told == ["camera_lost"]


def test_no_trouble_hides_another(world: World) -> None:
    world.run_s(10)
    for second in range(30):
        problems = [f"frames refused ({second} so far): cannot be decoded", "may be swapped out"]
        world.frames += 10
        world.camera("running", Level.WARN, *problems, came=0)
        world.pass_s(1)
    world.run_s(10)
    assert world.told == ["camera_running", "trouble", "trouble", "over", "over"]
    words = [event.message for event in world.events]
    assert "cannot be decoded" in words[1]
    assert "swapped out" in words[2]


def test_a_camera_with_a_second_trouble_shows_both_while_it_is_lost(world: World) -> None:
    world.run_s(10)
    for _ in range(5):
        world.camera("lost", Level.ERROR, "no cable", "the hardening is not complete")
        world.pass_s(1)
    assert world.told == ["camera_running", "camera_lost", "trouble"]
    assert "hardening" in world.events[2].message


def test_waiting_for_others_at_the_start_is_no_trouble_and_waiting_for_long_is(
    world: World,
) -> None:
    waits = Health(Level.ERROR, "/lobby/anonymous_tracks: nobody listens yet")
    for _ in range(8):
        world.say("/lobby/anonymization", waits)
        world.pass_s(1)
    world.say("/lobby/anonymization", Health(Level.OK, "running"))
    world.pass_s(10)
    assert world.told == []
    for _ in range(20):
        world.say("/lobby/tracking", waits)
        world.pass_s(1)
    assert world.told == ["trouble"]


def test_releases_and_deliveries_are_told_first_and_then_now_and_then(world: World) -> None:
    world.run_s(10)
    world.seen.delivered = 40  # of earlier days
    world.run_s(2)
    for number in range(1, 201):
        world.seen.released = number
        world.seen.delivered = 40 + number
        world.run_s(1)
    assert world.told[:3] == ["camera_running", "first_release", "first_delivery"]
    assert set(world.told[3:]) == {"progress"}
    assert 2 <= len(world.told[3:]) <= 4
    assert world.events[-1].facts["delivered"] == world.events[-1].facts["releases"]


def test_nothing_told_depends_on_who_is_there(world: World) -> None:
    """How many frames could be looked at may; how many came does not."""
    for _ in range(10):
        world.frames += 4
        values = {"state": "running", "frames": world.frames, "image": "640x480", "source": "x",
                  "frames dropped as late": world.frames * 6 // 4}  # fmt: skip
        world.say(CAMERA, Health(Level.OK, "running", values))
        world.pass_s(1)
    assert "10.0 frames/s" in world.events[0].message


def test_the_last_line_of_a_terminal_is_live_and_lines_come_above_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        with LogPrinter(["lobby"], tmp_path / "log", stream) as log:
            assert log.is_live
            log.status("lobby running | 0 releases")
            log.tell(Event("trouble", "lobby", "no cable", Level.ERROR))
            log.status("lobby lost | 0 releases")
        shown = ""
        while select.select([ours], [], [], 0.5)[0]:
            shown += os.read(ours, 10_000).decode()
    os.close(ours)
    steps = shown.split("\r\x1b[2K")
    assert steps[1] == "lobby running | 0 releases"
    assert "!! no cable\r\n" in steps[2]
    assert steps[2].endswith("lobby running | 0 releases")
    assert steps[3:] == ["lobby lost | 0 releases", ""]  # gone at the end
    assert (tmp_path / "log").read_text() == "lobby | !! no cable\n"


@pytest.mark.parametrize("as_json", [False, True])
def test_no_words_of_others_are_commands_to_the_terminal(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with LogPrinter(["lobby"], None, as_json=as_json) as log:
        log.say("lobby", "\x1b]0;title\x07 \x9b2J rtsp://a:secret@b/c\rprivacy | all is well")
        log.status("never on what is no terminal")
    out, err = capsys.readouterr()
    said: Any = out if as_json else err
    assert not set("\x1b\x07\x9b\r") & set(said)
    assert "secret" not in said
    assert said.count("\n") == 1
    if as_json:
        line = json.loads(said)
        assert (line["event"], line["source"], line["level"]) == ("log", "lobby", "ok")
        assert line["time"].endswith("Z")
