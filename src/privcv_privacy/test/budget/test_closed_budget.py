# SPDX-License-Identifier: Apache-2.0
"""A ledger that was put back together with its anchor closes the budget until all who paid left."""

import shutil
from pathlib import Path

import pytest

from privcv_across.attestation.rollback import EACH_S, NOTE
from privcv_across.errors import TpmError
from privcv_privacy.budget.closed_budget import ClosedBudget
from privcv_privacy.budget.ledger import Ledger

LIFETIME_S = 5 * EACH_S


class Chip:
    """A counter that survives what happens to the disk."""

    def __init__(self) -> None:
        self.count = 0
        self.broken = False

    def read(self) -> int:
        if self.broken:
            raise TpmError("TPM: is gone")
        return self.count

    def increment(self) -> int:
        self.count += 1
        return self.count


def start(folder: Path, chip: Chip, now_s: float = 0.0) -> tuple[Ledger, ClosedBudget]:
    ledger = Ledger(folder / "ledger.db")
    return ledger, ClosedBudget(ledger, chip, LIFETIME_S, now_s)


def run(folder: Path, chip: Chip, hours: int = 0, begun_s: float = 0.0) -> str:
    ledger, budget = start(folder, chip, begun_s)
    ledger.release(f"key {ledger.head}", [], lambda *_: b"{}")
    for hour in range(hours + 1):
        budget.pass_time(begun_s + hour * EACH_S)
    ledger.close()
    return budget.why


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


def put_back(folder: Path, copy: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)


def test_a_ledger_that_goes_on_is_never_closed(folder: Path) -> None:
    chip = Chip()
    assert [run(folder, chip, hours) for hours in (0, 3, 1, 0)] == [""] * 4
    assert chip.count == 8  # four starts, four hours


@pytest.mark.parametrize("hours", [0, 1, 4])
def test_a_copy_of_ledger_and_anchor_is_found(folder: Path, tmp_path: Path, hours: int) -> None:
    chip = Chip()
    run(folder, chip)
    shutil.copytree(folder, tmp_path / "copy")
    run(folder, chip, hours)
    put_back(folder, tmp_path / "copy")
    assert "is an old copy" in run(folder, chip)


def test_it_stays_closed_for_one_lifetime_of_running_and_restarts_begin_it_anew(
    folder: Path, tmp_path: Path
) -> None:
    chip = Chip()
    run(folder, chip)
    shutil.copytree(folder, tmp_path / "copy")
    run(folder, chip)
    put_back(folder, tmp_path / "copy")
    assert run(folder, chip, hours=4, begun_s=100.0)
    assert run(folder, chip, hours=4, begun_s=200.0)
    assert run(folder, chip, hours=5, begun_s=300.0) == ""
    assert run(folder, chip) == ""


def test_a_crash_around_a_count_is_no_old_copy(folder: Path) -> None:
    chip = Chip()
    run(folder, chip)
    ledger = Ledger(folder / "ledger.db")
    ledger.keep(NOTE, str(chip.count + 1))  # and killed before it counts
    ledger.close()
    assert run(folder, chip) == ""


def test_a_new_ledger_in_the_place_of_one_that_was_counted_is_found(folder: Path) -> None:
    """Ledger and anchor deleted: what they knew is forgotten too."""
    chip = Chip()
    run(folder, chip)
    shutil.rmtree(folder)
    folder.mkdir()
    assert "not the one" in run(folder, chip)


def test_a_note_that_was_changed_is_found(folder: Path) -> None:
    chip = Chip()
    run(folder, chip)
    ledger = Ledger(folder / "ledger.db")
    ledger.keep(NOTE, "-1")
    ledger.close()
    assert "was changed" in run(folder, chip)


def test_a_disk_in_another_machine_is_found(folder: Path) -> None:
    chip = Chip()
    for _ in range(3):
        run(folder, chip)
    assert "another TPM" in run(folder, Chip())


def test_without_its_tpm_nothing_starts_and_a_running_one_says_so(folder: Path) -> None:
    chip = Chip()
    ledger, budget = start(folder, chip)
    chip.broken = True
    budget.pass_time(0.0)
    budget.pass_time(EACH_S)
    assert budget.fault == "TPM: is gone"
    chip.broken = False
    budget.pass_time(2 * EACH_S)
    assert budget.fault == ""
    chip.broken = True
    with pytest.raises(TpmError):
        ClosedBudget(ledger, chip, LIFETIME_S, 0.0)
    ledger.close()


def test_somebody_else_who_counts_is_told(folder: Path) -> None:
    chip = Chip()
    chip.increment = lambda: 7  # type: ignore[method-assign]
    with pytest.raises(TpmError, match="somebody else"):
        start(folder, chip)
