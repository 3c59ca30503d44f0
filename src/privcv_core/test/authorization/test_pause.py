# SPDX-License-Identifier: Apache-2.0
"""While a camera is paused it must not look; a pause ends by itself, and only ours is believed."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from privcv_core.authorization.gate import Closed
from privcv_core.authorization.pause import PauseWatch
from privcv_core.authorization.pause_note import (
    LONGEST_MINUTES,
    note_file,
    read_pause,
    write_pause,
)
from privcv_core.authorization.record import AuthorizationError
from privcv_core.event_time.running_time import Running
from privcv_core.files.graph_secret import graph_secret

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
BOOT, NEXT_BOOT = "a" * 32, "b" * 32
MINUTE_NS = 60 * 10**9


class Device:
    """A device whose running time and clock a test moves."""

    def __init__(self, state: Path) -> None:
        self.state, self.now, self.ran = state, NOON, Running(BOOT, 500 * MINUTE_NS)

    def watch(self) -> PauseWatch:
        return PauseWatch(self.state, "lobby", lambda: self.ran)

    def press(self, minutes: int) -> datetime:
        return write_pause(self.state, "lobby", minutes, "button", self.now, self.ran).until

    def pass_minutes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        self.ran = Running(self.ran.boot, self.ran.at_ns + int(minutes * MINUTE_NS))

    def reboot(self) -> None:
        self.ran = Running(NEXT_BOOT, 0)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "state")


def test_it_closes_at_once_and_opens_by_itself(device: Device) -> None:
    watch = device.watch()
    assert watch.decide(device.now) is None
    assert device.press(10) == NOON + timedelta(minutes=10)
    closed = watch.decide(device.now)
    assert closed == Closed("paused", "paused for an objection, by button", closed.opens)  # type: ignore[union-attr]
    assert closed.opens == NOON + timedelta(minutes=10)
    device.pass_minutes(9.99)
    assert watch.decide(device.now) is not None
    device.pass_minutes(0.02)
    assert watch.decide(device.now) is None


@pytest.mark.parametrize("days", [-3000, -1, 1, 3000])
def test_a_clock_that_is_set_neither_ends_nor_prolongs_it(device: Device, days: int) -> None:
    device.press(10)
    watch, fresh = device.watch(), device.watch()
    watch.decide(device.now)
    device.now += timedelta(days=days)
    device.pass_minutes(9)
    assert watch.decide(device.now) is not None
    assert fresh.decide(device.now) is not None  # a process that began meanwhile
    device.pass_minutes(2)
    assert watch.decide(device.now) is None
    assert fresh.decide(device.now) is None
    assert device.watch().decide(device.now) is None


@pytest.mark.parametrize("off_by_days", [-3000, 0])
def test_after_another_boot_it_lasts_no_longer_than_it_was_meant_to(
    device: Device, off_by_days: int
) -> None:
    device.press(10)
    device.pass_minutes(4)
    device.reboot()
    device.now += timedelta(days=off_by_days)  # a device without a clock of its own begins anew
    watch = device.watch()
    assert watch.decide(device.now) is not None
    device.pass_minutes(6 if off_by_days == 0 else 10)
    assert watch.decide(device.now) is None


def test_an_old_pause_closes_nothing_after_another_boot(device: Device) -> None:
    device.press(10)
    device.reboot()
    device.now += timedelta(days=1)
    assert device.watch().decide(device.now) is None


def test_it_outlives_its_file_and_the_process(device: Device) -> None:
    device.press(10)
    watch = device.watch()
    assert watch.decide(device.now) is not None
    device.pass_minutes(5)
    assert device.watch().decide(device.now) is not None
    note_file(device.state, "lobby").unlink()
    assert watch.decide(device.now) is not None


def test_a_shorter_pause_ends_no_longer_one(device: Device) -> None:
    device.press(60)
    device.pass_minutes(1)
    assert device.press(1) == NOON + timedelta(minutes=60)
    device.pass_minutes(30)
    assert device.watch().decide(device.now) is not None
    device.press(60)
    device.pass_minutes(59)
    assert device.watch().decide(device.now) is not None


@pytest.mark.parametrize("minutes", [0, -5, LONGEST_MINUTES + 1, 10**9])
def test_nobody_pauses_for_good(device: Device, minutes: int) -> None:
    with pytest.raises(AuthorizationError, match=f"1 to {LONGEST_MINUTES} minutes"):
        device.press(minutes)
    assert not note_file(device.state, "lobby").exists()


def test_a_pause_of_another_camera_device_or_hand_is_none_of_ours(device: Device) -> None:
    device.press(10)
    file = note_file(device.state, "lobby")
    note = json.loads(file.read_text())
    for forged in (
        {**note, "minutes": 120},
        {**note, "at_ms": note["at_ms"] + 1},
        {**note, "camera": "hall"},
        {**note, "mac": "0" * 64},
        {**note, "extra": 1},
        {name: value for name, value in note.items() if name != "mac"},
        [],
        "paused",
    ):
        file.write_text(json.dumps(forged))
        with pytest.raises(AuthorizationError):
            read_pause(device.state, "lobby")
    file.write_text(json.dumps(note))
    (device.state / "graph.secret").unlink()
    graph_secret(device.state / "graph.secret")
    with pytest.raises(AuthorizationError, match="nobody of this device"):
        read_pause(device.state, "lobby")


@pytest.mark.parametrize("content", ["", "{", "[" * 5000, '{"camera": "lobby"}'])
def test_what_cannot_be_read_closes_for_the_longest_pause_and_no_longer(
    device: Device, content: str
) -> None:
    device.press(1)
    note_file(device.state, "lobby").write_text(content)
    watch = device.watch()
    device.pass_minutes(2)
    assert watch.decide(device.now) is not None
    device.pass_minutes(LONGEST_MINUTES - 1)
    assert watch.decide(device.now) is not None
    device.pass_minutes(2)
    assert watch.decide(device.now) is None


def test_without_the_secret_to_know_it_by_it_closes(device: Device) -> None:
    device.press(1)
    (device.state / "graph.secret").unlink()
    closed = device.watch().decide(device.now)
    assert closed is not None
    assert "no secret" in closed.reason


def test_a_link_in_its_place_is_not_followed_and_closes(device: Device) -> None:
    device.press(1)
    file = note_file(device.state, "lobby")
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")
    assert "longest pause" in device.watch().decide(device.now).reason  # type: ignore[union-attr]


def test_only_who_may_read_the_secret_may_read_a_pause(device: Device) -> None:
    device.press(1)
    file = note_file(device.state, "lobby")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
