#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ledgers put back from an older copy together with their anchors: how many a TPM's counter finds.

Each trial is a device that runs, restarts and counts; at some moment its folder is copied, it goes
on for an hour or over a restart, and the copy is put back. The same number of devices is killed at
any statement around a count instead, and nothing of theirs is put back: none may be called old::

    python test/chaos/restored_ledgers.py [--trials 300] [--seed 1]
"""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from software_tpm import SoftwareTpm, software_tpm

from privcv_across.attestation.nv_counter import NvCounter, TpmSettings
from privcv_across.attestation.rollback import EACH_S
from privcv_privacy.budget.closed_budget import ClosedBudget
from privcv_privacy.budget.ledger import Ledger

LIFETIME_S = 7200.0


class Killed(Exception):
    """The process ends here."""


class KilledCounter:
    """A counter whose process is killed before or after it counted."""

    def __init__(self, counter: NvCounter, when: str) -> None:
        self._counter, self._when = counter, when
        self.read = counter.read

    def increment(self) -> int:
        if self._when == "after":
            self._counter.increment()
        raise Killed


class Device:
    """A ledger in a folder, and the counter of its number."""

    def __init__(self, folder: Path, chip: SoftwareTpm, number: int) -> None:
        self.folder, self._chip, self._number = folder, chip, number

    def run(self, releases: int, hours: int, killed: str = "") -> str:
        """Start, release, let hours pass, end; returns why the budget was closed at the start."""
        counter = TpmSettings(tcti=self._chip.tcti, device=self._number).counter("ledger")
        ledger = Ledger(self.folder / "ledger.db")
        try:
            try:
                given = KilledCounter(counter, killed) if killed else counter
                budget = ClosedBudget(ledger, given, LIFETIME_S, 0.0)
            except Killed:
                return ""
            for number in range(releases):
                ledger.release(f"{ledger.head} {number}", [], lambda *_: b"{}")
            for hour in range(hours + 1):
                budget.pass_time(hour * EACH_S)
            return budget.why
        finally:
            ledger.close()


def restored(device: Device, draw: random.Random) -> bool:
    """Whether a copy that is put back is found."""
    for _ in range(draw.randint(1, 2)):
        assert not device.run(draw.randint(0, 3), draw.randint(0, 1))
    copy = device.folder.with_name("copy")
    shutil.copytree(device.folder, copy)
    hours = draw.randint(0, 2)
    assert not device.run(draw.randint(0, 5), hours)
    shutil.rmtree(device.folder)
    copy.rename(device.folder)
    return bool(device.run(1, 0))


def crashed(device: Device, draw: random.Random) -> bool:
    """Whether one that only crashed is called old."""
    device.run(1, 0)
    for _ in range(draw.randint(1, 2)):
        device.run(1, 0, killed=draw.choice(["before", "after"]))
    return bool(device.run(1, 1))


def trials(count: int, seed: int, folder: Path) -> tuple[int, int]:
    """(copies found, crashes called old), of ``count`` each."""
    draw = random.Random(seed)
    found = wrong = 0
    for number in range(count):
        # A chip holds few counters; each has a new one after a while.
        if number % 20 == 0:
            chip_folder = folder / f"tpm-{number}"
        with software_tpm(chip_folder) as chip:
            for place, tried in enumerate((restored, crashed)):
                at = folder / f"{number}-{place}"
                at.mkdir()
                device = Device(at, chip, 2 * (number % 20) + place)
                if tried is restored:
                    found += tried(device, draw)
                else:
                    wrong += tried(device, draw)
            chip.off(orderly=draw.random() < 0.5)
    return found, wrong


def main() -> None:
    """Print how many were found; exit status 1 where one was not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, wrong = trials(given.trials, given.seed, Path(folder))
    print(f"of {given.trials} each: {found} restored ledgers found, {wrong} crashes called old")
    sys.exit(found < given.trials or wrong > 0)


if __name__ == "__main__":
    main()
