# SPDX-License-Identifier: Apache-2.0
"""What chains say of running time is held against the clock: leaps are told, and age no device."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from lesser_user import needs_root

from privcv_core.audit.device_age import device_running_s
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.silences import silences
from privcv_core.audit.verify import verify_chain
from privcv_core.protocol.timestamps import rfc3339_milli

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
HOUR_S, DAY_S = 3600, 86400


def write(folder: Path, chain: str, *told: tuple[float, int], owner: int = 0) -> None:
    """A whole chain; of each entry: hours of the wall clock before ``NOW``, its running time, s."""
    folder.mkdir(exist_ok=True)
    head, content = Head(0, GENESIS), b""
    for hours, running_s in told:
        time = rfc3339_milli(NOW - timedelta(hours=hours))
        facts: dict[str, Any] = {"where": "x", "what": "y"}
        entry = make_entry(chain, head, time, "fault", facts, running_s)
        head, content = entry.head, content + entry.line()
    (folder / f"{chain}.jsonl").write_bytes(content)
    if owner:
        os.chown(folder / f"{chain}.jsonl", owner, owner)


@pytest.mark.parametrize(
    ("told", "leaps"),
    [
        ([(9, 0), (8, HOUR_S), (1, 8 * HOUR_S)], []),
        ([(900, 0), (8, HOUR_S)], []),  # it was off meanwhile
        ([(1, 0), (90, HOUR_S // 2), (89, 2 * HOUR_S)], []),  # a clock set back, and on it goes
        ([(9, 0), (8, 731 * DAY_S)], [2]),
        ([(9, 800 * DAY_S), (8, 800 * DAY_S)], [1]),  # written anew, with the age it needs
        ([(9, 0), (90, 4 * HOUR_S), (89, 99 * HOUR_S)], [2, 3]),
    ],
)
def test_running_time_that_outruns_the_clock_is_told_and_no_fault(
    tmp_path: Path, told: list[tuple[float, int]], leaps: list[int]
) -> None:
    write(tmp_path, "lobby.detection", *told)
    report = verify_chain(tmp_path, "lobby.detection")
    assert report.problems == ()
    assert [leap.sequence for leap in report.leaps] == leaps


def test_a_register_begins_as_old_as_its_device(tmp_path: Path) -> None:
    write(tmp_path, "operator", (9, 800 * DAY_S), (8, 800 * DAY_S))
    assert verify_chain(tmp_path, "operator").leaps == ()


def test_no_running_time_is_longer_than_a_device_lives(tmp_path: Path) -> None:
    write(tmp_path, "lobby.detection", (9, 0), (8, 2**52), (7, 2**52))
    found = [problem.what for problem in verify_chain(tmp_path, "lobby.detection").problems]
    assert found == ["says what no entry may: its running time is none"] * 2
    assert device_running_s(tmp_path, NOW) == 0


@needs_root
@pytest.mark.parametrize(
    ("theirs", "passed_h", "expected"),
    [
        (3 * DAY_S, 24, 3 * DAY_S),
        (90 * 365 * DAY_S, 24, 3 * DAY_S),
        (90 * 365 * DAY_S, -24, 2 * DAY_S),
        (0, 24, 2 * DAY_S),
    ],
)
def test_a_users_chain_ages_the_device_no_faster_than_the_clock(
    tmp_path: Path, theirs: int, passed_h: int, expected: int
) -> None:
    """Two days by root's chain, ``passed_h`` hours ago."""
    write(tmp_path, "operator", (passed_h, 2 * DAY_S))
    write(tmp_path, "lobby.tracking", (0, theirs), owner=61001)
    assert device_running_s(tmp_path, NOW) == expected


@needs_root
def test_where_nobody_is_trusted_all_have_to_agree(tmp_path: Path) -> None:
    for chain, age_s in (("lobby.tracking", 5 * DAY_S), ("guard", 90 * 365 * DAY_S)):
        write(tmp_path, chain, (0, age_s), owner=61001)
    assert device_running_s(tmp_path, NOW) == 5 * DAY_S


def test_a_chain_that_ends_while_the_others_go_on_is_named(tmp_path: Path) -> None:
    """Its owner cut its end off, or its process is gone: the log alone does not tell which."""
    day_h = 24
    write(tmp_path, "lobby.detection", (9 * day_h, 0), (3 * day_h, 6 * DAY_S))
    write(tmp_path, "yard.detection", (9 * day_h, 0), (20, 8 * DAY_S))
    write(tmp_path, "operator", (9 * day_h, 0))
    write(tmp_path, "guard", (9 * day_h, 0), (0, 9 * DAY_S))
    told = silences(tmp_path, ["lobby.detection", "yard.detection", "operator", "guard", "none"])
    assert list(told) == ["lobby.detection"]
    assert "3.0 days older than the newest" in told["lobby.detection"]
    assert verify_chain(tmp_path, "lobby.detection").problems == ()
