# SPDX-License-Identifier: Apache-2.0
"""An outbox that was put back from an older copy is found by a counter that is not on the disk."""

import shutil
from pathlib import Path

import pytest

from privcv_across.attestation.rollback import Rollback
from privcv_uplink.outbox.outbox import Outbox


class Chip:
    """A counter that survives what happens to the disk."""

    def __init__(self) -> None:
        self.count = 0

    def read(self) -> int:
        return self.count

    def increment(self) -> int:
        self.count += 1
        return self.count


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "outbox.db"


def run(path: Path, chip: Chip) -> str:
    outbox = Outbox(path)
    found = Rollback(outbox, chip, "outbox").found
    outbox.close()
    return found


def test_a_copy_is_found_and_one_that_goes_on_is_not(path: Path, tmp_path: Path) -> None:
    chip = Chip()
    assert [run(path, chip) for _ in range(3)] == [""] * 3
    shutil.copytree(path.parent, tmp_path / "copy")
    assert run(path, chip) == ""
    shutil.rmtree(path.parent)
    shutil.copytree(tmp_path / "copy", path.parent)
    assert "is an old copy" in run(path, chip)


def test_a_note_survives_and_is_replaced(path: Path) -> None:
    outbox = Outbox(path)
    assert outbox.kept("a") is None
    outbox.keep("a", "1")
    outbox.keep("a", "2")
    outbox.close()
    again = Outbox(path)
    assert again.kept("a") == "2"
    again.close()
