# SPDX-License-Identifier: Apache-2.0
"""A log that was written anew in the form of 0.1.0, whose prunings told no age, proves nothing."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from privcv_core.audit.entry import Head, make_entry
from privcv_core.audit.events import Fact
from privcv_core.audit.files import growing_file
from privcv_core.audit.retention import Sighting
from privcv_core.audit.verify import verify_chain

CHAIN = "lobby.detection"
NOW_S = datetime(2026, 11, 20, tzinfo=timezone.utc).timestamp()
YEAR_S = 365 * 86400
SEEN = Sighting(NOW_S, 60)
LATER = Sighting(NOW_S + 600, 73)
"""Kept elsewhere, minutes before and after the entries up to 70 were deleted."""


def forge(folder: Path, running_s: int | None = None, **told: Fact) -> None:
    """All entries up to 70 are gone; a record, with ``told``, and five others stand there."""
    gone = Head(70, "ab" * 32)
    time = "2026-11-20T00:05:00.000Z"
    facts: dict[str, Fact] = {"through": 70, "hash": gone.hash, **told}
    entry = make_entry(CHAIN, gone, time, "log.pruned", facts, running_s)
    lines = entry.line()
    for second in range(5):
        entry = make_entry(
            CHAIN, entry.head, time, "frames",
            {"camera": "lobby", "frames": 1, "wiped": 1, "seconds": 1.0},
            (running_s or 0) + second,
        )  # fmt: skip
        lines += entry.line()
    growing_file(folder, CHAIN).write_bytes(lines)


def problems(folder: Path, *sightings: Sighting, retain_days: int = 730) -> list[str]:
    found = verify_chain(folder, CHAIN, retain_days=retain_days, sightings=sightings).problems
    return [problem.what.partition(":")[0] for problem in found]


def test_a_pruning_without_an_age_keeps_no_retention(tmp_path: Path) -> None:
    forge(tmp_path)
    assert problems(tmp_path) == ["unproven"]


@pytest.mark.parametrize("retain_days", [0, 730])
def test_checkpoints_tell_that_what_hides_its_age_was_young(
    tmp_path: Path, retain_days: int
) -> None:
    """Also where no retention is named: none was ever shorter than a day."""
    forge(tmp_path)
    assert problems(tmp_path, SEEN, LATER, retain_days=retain_days) == ["pruned too early"]
    old = Sighting(NOW_S - 2 * 86400, 60)
    expected = ["pruned too early"] if retain_days else []
    assert problems(tmp_path, old, LATER, retain_days=retain_days) == expected


def test_without_a_retention_it_is_unproven_and_no_fault(tmp_path: Path) -> None:
    """As a log that 0.1.0 pruned, which is continued and signed."""
    forge(tmp_path)
    report = verify_chain(tmp_path, CHAIN)
    assert not report.problems
    assert [pruning.is_proven for pruning in report.pruned] == [False]


@pytest.mark.parametrize("told", [{"running_age_s": 10**9}, {"retain_days": 1}])
def test_half_of_an_age_is_none(tmp_path: Path, told: dict[str, Fact]) -> None:
    forge(tmp_path, **told)
    assert problems(tmp_path) == ["unproven"]
    forge(tmp_path, running_s=0, **told)
    assert problems(tmp_path, retain_days=0) == ["pruned too early"]


@pytest.mark.parametrize(
    "false",
    [Sighting(NOW_S - 6 * YEAR_S, 65), Sighting(NOW_S + YEAR_S, 20)],
    ids=["back-dated", "ahead"],
)
def test_a_false_sighting_hides_no_true_one(tmp_path: Path, false: Sighting) -> None:
    """With ages that fit: only the sightings tell how old the entries can have been."""
    age: dict[str, Fact] = {"running_age_s": 731 * 86400, "retain_days": 730}
    forge(tmp_path, running_s=732 * 86400, **age)
    assert problems(tmp_path) == []
    assert problems(tmp_path, SEEN, LATER) == ["pruned too early"]
    assert "disordered" in problems(tmp_path, SEEN, LATER, false)


def test_what_a_clock_is_corrected_by_is_no_contradiction(tmp_path: Path) -> None:
    forge(tmp_path)
    near = Sighting(NOW_S - 1800, 72)
    assert problems(tmp_path, SEEN, near, retain_days=0) == ["pruned too early"]
    far = Sighting(NOW_S - 7200, 72)
    assert "disordered" in problems(tmp_path, SEEN, far, retain_days=0)


def test_checkpoints_prove_that_what_tells_no_age_was_old(tmp_path: Path) -> None:
    """The last entry was there at one, and its deletion not yet at one two years later."""
    forge(tmp_path)
    assert verify_chain(tmp_path, CHAIN, retain_days=730).verdict == "unproven"
    there = Sighting(NOW_S - 3 * YEAR_S, 70)
    assert problems(tmp_path, there, Sighting(NOW_S, 70)) == []
    for not_enough in (
        (there, LATER),  # may have been deleted the day after
        (Sighting(NOW_S - YEAR_S, 70), Sighting(NOW_S, 70)),
        (Sighting(NOW_S - 3 * YEAR_S, 69), Sighting(NOW_S, 70)),
        (there,),
    ):
        assert problems(tmp_path, *not_enough) in (["unproven"], ["pruned too early"])


def test_what_is_wrong_besides_is_broken(tmp_path: Path) -> None:
    forge(tmp_path)
    kept = [Head(72, "f" * 64)]
    report = verify_chain(tmp_path, CHAIN, kept, retain_days=730)
    assert len(report.problems) == 2
    assert report.verdict == "BROKEN"
