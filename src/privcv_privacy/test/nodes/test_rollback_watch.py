# SPDX-License-Identifier: Apache-2.0
"""An old copy of the ledger: nothing is published, it is said and recorded, until it ends."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from privcv_across.attestation.nv_counter import TpmSettings
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.nodes import rollback_watch
from privcv_privacy.nodes.rollback_watch import RollbackWatch, Watches

LIFETIME_S = 600


class Node:
    """What a watch needs of its node."""

    def __init__(self) -> None:
        self.recorded: list[str] = []

    def get_logger(self) -> logging.Logger:
        return logging.getLogger("test")

    def get_name(self) -> str:
        return "aggregation"

    def record(self, kind: str, *, where: str, what: str) -> None:
        self.recorded.append(what)


class Ahead:
    """A counter that counted for a newer ledger."""

    def __init__(self) -> None:
        self.count = 5

    def read(self) -> int:
        return self.count

    def increment(self) -> int:
        self.count += 1
        return self.count


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(rollback_watch, "_running_s", lambda: now[0])
    return now


def watch(ledger: Ledger, node: Any, tpm: TpmSettings | None) -> RollbackWatch:
    settings: Any = SimpleNamespace(tpm=tpm, identity_lifetime_s=LIFETIME_S)
    return RollbackWatch(node, ledger, settings)


def test_an_old_copy_withholds_for_one_lifetime(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    chip, node = Ahead(), Node()
    monkeypatch.setattr(TpmSettings, "counter", lambda self, of: chip)
    with Ledger(tmp_path / "ledger.db") as ledger:
        one = watch(ledger, node, TpmSettings())
        assert one.withholds
        assert "counter in the TPM" in one.warnings[0]
        assert f"no value is published for {LIFETIME_S} s" in node.recorded[0]
        clock[0] += LIFETIME_S - 1
        one.note()
        assert one.withholds
        clock[0] += 1
        one.note()
        assert (one.withholds, one.warnings) == (False, [])
        assert len(node.recorded) == 2
        assert not watch(ledger, Node(), TpmSettings()).withholds


def test_without_a_tpm_nothing_is_withheld(tmp_path: Path, clock: list[float]) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        one = watch(ledger, Node(), None)
        one.note()
        assert (one.withholds, one.warnings) == (False, [])


def test_either_of_two_withholds() -> None:
    def of(withholds: bool, *words: str) -> Any:
        return SimpleNamespace(withholds=withholds, warnings=list(words))

    assert not Watches(of(False), of(False)).withholds
    assert Watches(of(True), of(False)).withholds
    assert Watches(of(False, "a"), of(True, "b")).withholds
    assert Watches(of(False, "a"), of(True, "b")).warnings == ["a", "b"]
