# SPDX-License-Identifier: Apache-2.0
"""Whatever stops the process, nothing is spent twice, forgotten, or drawn again.

``PRIVCV_LONG=1`` runs many more kills and longer sequences.
"""

import contextlib
import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError

LONG = bool(os.environ.get("PRIVCV_LONG"))
LIMIT = 1.0
DAY_NS = 86_400_000_000_000

CHILD = """
import hashlib, os, sys
from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.ledger import Ledger
run = os.urandom(4).hex()
ledger = Ledger(sys.argv[1] + "/ledger.db", sys.argv[1] + "/elsewhere/anchor")
first = ledger.head
for n in range(max(0, first - 3), 10**9):
    charges = [Charge("lobby", run, 0.25, 0.0, 1.0, 0.0, 0, n + 1)]
    release = ledger.release(f"window {n}", charges, lambda seq, paid: os.urandom(64))
    digest = hashlib.sha256(release.payload).hexdigest()
    os.write(1, f"{n} {release.sequence} {int(release.affordable)} {digest}\\n".encode())
    if n % 3 == 0:
        ledger.acknowledge(release.sequence)
"""


def open_ledger(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.db", folder / "elsewhere" / "anchor")


def noise(sequence: int, affordable: bool) -> bytes:
    return json.dumps([sequence, affordable, os.urandom(8).hex()]).encode()


@pytest.mark.usefixtures("at_rest")
def test_kill_9_at_any_moment_loses_and_repeats_nothing(tmp_path):
    published: dict[int, tuple[str, ...]] = {}
    pauses = random.Random(4)
    for _ in range(300 if LONG else 8):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert child.stdout is not None
        # It tells up to three windows again; the fourth is a new one, which it has paid for.
        first = b"".join(child.stdout.readline() for _ in range(4))
        time.sleep(pauses.uniform(0.0, 0.05))
        child.send_signal(signal.SIGKILL)
        lines = (first + child.stdout.read()).decode().splitlines(keepends=True)
        child.wait()
        assert lines
        for line in lines:
            if line.endswith("\n"):  # else it was killed while it told
                window, *told = line.split()
                assert published.setdefault(int(window), tuple(told)) == tuple(told)
    with open_ledger(tmp_path) as ledger:
        for window, (sequence, paid, digest) in published.items():
            stored = ledger.release(f"window {window}", [], noise)
            assert not stored.fresh
            assert (stored.sequence, stored.affordable) == (int(sequence), bool(int(paid)))
            if stored.payload:
                assert hashlib.sha256(stored.payload).hexdigest() == digest
        assert ledger.head >= max(int(told[0]) for told in published.values())
        # Each life of the process spends 0.25 of the same people's budget: the fifth finds nothing.
        assert ledger.spent("lobby", 0)[0] == pytest.approx(LIMIT)
    assert any(told[1] == "0" for told in published.values())


@pytest.mark.parametrize("failing", ["BEGIN", "SELECT", "INSERT", "COMMIT"])
@pytest.mark.parametrize("message", ["database or disk is full", "disk I/O error"])
def test_a_statement_that_fails_releases_nothing(tmp_path, failing, message):
    ledger = open_ledger(tmp_path)
    ledger.release("before", [charge(0.5)], noise)
    ledger._db = FailingConnection(ledger._db, failing, message)
    with pytest.raises(LedgerError, match="nothing was released"):
        ledger.release("during", [charge(0.9)], noise)
    ledger._db = ledger._db.real
    if "I/O" in message:  # nobody knows what is on the disk: not before it was checked again
        with pytest.raises(LedgerError, match="restart"):
            ledger.release("during", [charge(0.9)], noise)
        ledger.close()
        ledger = open_ledger(tmp_path)
    assert ledger.head == 1
    assert ledger.spent("lobby", 0) == (0.5, 0.0)
    assert ledger.release("during", [charge(0.9)], noise).sequence == 2
    ledger.close()


def test_an_anchor_that_cannot_be_written_releases_nothing(tmp_path, monkeypatch):
    ledger = open_ledger(tmp_path)
    monkeypatch.setattr(os, "pwrite", full_disk)
    drawn = []

    def render(sequence, affordable):
        drawn.append(os.urandom(8))
        return drawn[-1]

    for _ in range(2):
        with pytest.raises(LedgerError, match="nothing was released"):
            ledger.release("a", [charge(0.9)], render)
    monkeypatch.undo()
    assert ledger.release("a", [charge(0.9)], render).payload == drawn[0]
    assert len(drawn) == 1
    ledger.close()
    with open_ledger(tmp_path) as ledger:
        assert ledger.head == 1


def test_a_full_disk_fails_closed_and_recovers(tmp_path):
    """The limit on the size of a file stands for the full disk: writes fail in the middle."""
    ledger = open_ledger(tmp_path)
    released = [ledger.release("0", [charge(0.1)], noise)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = (tmp_path / "ledger.db-wal").stat().st_size + 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(LedgerError, match="nothing was released"):
            released.extend(ledger.release(f"{n}", [charge(0.1)], noise) for n in range(1, 100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with contextlib.suppress(Exception):
        ledger.close()
    assert 1 <= len(released) < 99
    with open_ledger(tmp_path) as ledger:
        for n, release in enumerate(released):
            assert ledger.release(f"{n}", [], noise).payload == release.payload
        assert ledger.head in (len(released), len(released) + 1)
        again = ledger.release(f"{len(released)}", [charge(0.1)], noise)
        assert again.sequence == len(released) + 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_ledger_where_nothing_can_be_written_is_refused():
    with pytest.raises(LedgerError):
        Ledger("/dev/full/ledger.db")


def charge(epsilon: float, cohort: str = "run", until_ns: int = DAY_NS, born_ns: int = 0) -> Charge:
    return Charge("lobby", cohort, epsilon, 0.0, LIMIT, 0.0, born_ns, until_ns)


def full_disk(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


class FailingConnection:
    """A connection of which every statement that begins with ``failing`` fails."""

    def __init__(self, real, failing, message):
        self.real, self._failing, self._message = real, failing, message

    def __getattr__(self, name):
        return getattr(self.real, name)

    def execute(self, statement, *arguments):
        if statement.startswith(self._failing):
            raise sqlite3.OperationalError(self._message)
        return self.real.execute(statement, *arguments)


class Ledgers(RuleBasedStateMachine):
    """Any sequence of releases, crashes, restarts and days, against a plain model of the promise.

    A visit lives two days at most. The model keeps what every release charged to each run, and
    asks of every affordable one whether any visit could have paid more than the limit.
    """

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="privcv-ledger-"))
        self.folder = self.root / "0"
        self.folder.mkdir()
        self.lives = 0
        self.ledger = open_ledger(self.folder)
        self.published: dict[str, bytes] = {}
        self.sequences: list[int] = []
        self.paid: list[tuple[int, int, float]] = []  # life of the process, window's end, epsilon
        self.day = 2
        self.abandoned: list[Ledger] = []

    def crash(self) -> None:
        """Go on with the files as they are on disk; the old process never says another word."""
        self.lives += 1
        after = self.root / str(self.lives)
        shutil.copytree(self.folder, after)
        self.abandoned.append(self.ledger)
        self.folder = after
        self.ledger = open_ledger(after)

    @rule(epsilon=st.sampled_from([0.1, 0.25, 0.5, 1.0]), window=st.integers(0, 5))
    def release(self, epsilon: float, window: int) -> None:
        key = f"{self.day}/{window}"
        until_ns = self.day * DAY_NS
        drawn: list[bytes] = []

        def render(sequence: int, affordable: bool) -> bytes:
            drawn.append(noise(sequence, affordable))
            return drawn[-1]

        asked = charge(epsilon, f"life {self.lives}", until_ns, born_ns=until_ns - 2 * DAY_NS)
        got = self.ledger.release(key, [asked], render)
        assert got.fresh == (key not in self.published)
        assert got.payload == (drawn[0] if got.fresh else self.published[key])
        self.published[key] = got.payload
        if got.fresh:
            self.sequences.append(got.sequence)
            if got.affordable:
                self.paid.append((self.lives, until_ns, epsilon))
        else:
            assert not drawn

    @rule(moment=st.sampled_from(["render", "commit", "anchor"]), window=st.integers(0, 5))
    def crash_while_releasing(self, moment: str, window: int) -> None:
        key = f"{self.day}/{window}"
        until_ns = self.day * DAY_NS
        asked = charge(0.5, f"life {self.lives}", until_ns, born_ns=until_ns - 2 * DAY_NS)
        kept: list[tuple[bytes, bool]] = []
        folder, ledger, life = self.folder, self.ledger, self.lives

        def render(sequence: int, affordable: bool) -> bytes:
            if moment == "render":
                self.crash()
            kept.append((noise(sequence, affordable), affordable))
            return kept[-1][0]

        write = ledger._anchor.write

        def write_anchor(link: object) -> None:
            if moment == "anchor" and not kept:
                write(link)
                return
            if moment == "anchor":  # committed, and not yet anchored: never published
                self.crash()
            write(link)

        ledger._anchor.write = write_anchor
        ledger.release(key, [asked], render)
        if moment == "commit":  # committed and anchored, and not yet published
            self.crash()
        if kept and moment != "render":
            payload, affordable = kept[0]
            self.published[key] = payload
            self.sequences.append(len(self.sequences) + 1)
            if affordable:
                self.paid.append((life, until_ns, 0.5))
        if self.folder == folder:  # the key was known: no new release to crash in
            assert not kept
            ledger._anchor.write = write

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.lives += 1
        self.ledger = open_ledger(self.folder)

    @rule(days=st.integers(-1, 3))
    def another_day(self, days: int) -> None:
        self.day = max(2, self.day + days)

    @rule(behind=st.integers(0, 3))
    def deliver(self, behind: int) -> None:
        self.ledger.acknowledge(max(0, self.ledger.head - behind))

    @invariant()
    def nothing_is_lost_or_drawn_again(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert self.ledger.head == len(self.sequences)
        assert self.sequences == list(range(1, len(self.sequences) + 1))
        for key, payload in self.published.items():
            assert self.ledger.release(key, [], noise).payload == payload

    @invariant()
    def no_visit_ever_pays_more_than_the_limit(self) -> None:
        for _, end_ns, _ in getattr(self, "paid", []):
            # A visit alive in the window that ends here, and the windows before it within its life.
            most: dict[int, float] = {}
            for life, until_ns, epsilon in self.paid:
                if end_ns - 2 * DAY_NS < until_ns <= end_ns:
                    most[life] = max(most.get(life, 0.0), epsilon)
            assert sum(most.values()) <= LIMIT * (1 + 1e-9)

    def teardown(self) -> None:
        for ledger in [*getattr(self, "abandoned", []), getattr(self, "ledger", None)]:
            if ledger is not None:
                ledger.close()
        if hasattr(self, "root"):
            shutil.rmtree(self.root)


TestLedgers = Ledgers.TestCase
TestLedgers.settings = settings(
    max_examples=400 if LONG else 15, stateful_step_count=40 if LONG else 15, deadline=None
)
