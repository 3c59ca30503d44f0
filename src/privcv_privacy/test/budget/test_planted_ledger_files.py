# SPDX-License-Identifier: Apache-2.0
"""What somebody plants beside the ledger is neither followed nor waited for; the ledger refuses."""

import os
from pathlib import Path

import pytest

from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.budget.ledger_file import open_for_reading
from privcv_privacy.errors import LedgerError

NAMES = ("ledger.db.lock", "ledger.db.anchor", "ledger.db", "ledger.db-wal")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


def plant(place: Path, kind: str, victim: Path) -> None:
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "link":
        place.symlink_to(victim)
        os.lchown(place, 12345, 12345)
    else:
        place.touch()
        os.chown(place, 12345, 12345)


@needs_root
@pytest.mark.parametrize("kind", ["pipe", "link", "another user's file"])
@pytest.mark.parametrize("name", NAMES)
def test_a_planted_file_stops_the_ledger_and_harms_nobody(
    tmp_path: Path, name: str, kind: str
) -> None:
    victim = tmp_path / "victim"
    folder = tmp_path / "state"
    folder.mkdir()
    plant(folder / name, kind, victim)
    with pytest.raises(LedgerError):
        Ledger(folder / "ledger.db")
    assert not victim.exists()


def test_a_pipe_for_a_ledger_hangs_no_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ledger.db")
    with (
        pytest.raises(LedgerError, match="not a regular file"),
        open_for_reading(tmp_path / "ledger.db"),
    ):
        pass
