# SPDX-License-Identifier: Apache-2.0
"""How much the gate costs per frame, how soon a withdrawal closes it, what an audit entry costs.

::

    python test/benchmarks/gate.py
"""

import statistics
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import verify_chain
from privcv_core.authorization.gate import Closed
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import (
    AuthorizationSettings,
    CameraAuthorization,
    save_signed,
    withdraw,
)
from privcv_core.protocol.person_keys import create_key

FRAMES_PER_S = 30
QUESTIONS = 20_000
WITHDRAWALS = 40
ENTRIES = 500


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ask_us, sign_us = questions(folder)
        print(f"gate, per frame: {ask_us:.1f} us median over {QUESTIONS} questions")
        print(f"gate, first question (reads the record, checks the signature): {sign_us:.0f} us")
        frames, ms = withdrawals(folder)
        print(
            f"withdrawal at {FRAMES_PER_S} frames/s: closed after {max(frames)} frame at most; "
            f"{statistics.median(ms):.1f} ms median, {max(ms):.1f} ms at most, of "
            f"{WITHDRAWALS} withdrawals (a frame is {1000 / FRAMES_PER_S:.1f} ms)"
        )
        append_ms, verify_us = entries(folder)
        print(f"audit entry, durable: {append_ms:.2f} ms median over {ENTRIES}")
        print(f"audit log, verification: {verify_us:.0f} us per entry")


def camera(folder: Path) -> CameraAuthorization:
    """An open camera with a fresh record."""
    key = create_key(folder / f"{time.monotonic_ns()}.pem")
    now = datetime.now(timezone.utc)
    record = AuthorizationRecord(
        site="site",
        camera="lobby",
        controller="controller",
        contact="contact",
        lawful_basis="consent",
        purpose="purpose",
        area="area",
        authorized_by="somebody",
        issued=now,
        expires=now + timedelta(days=1),
    )
    file = folder / "lobby.json"
    save_signed(SignedRecord.sign(record, key), file)
    return CameraAuthorization(AuthorizationSettings(file=file, trusted_keys=[key.public]), "lobby")


def questions(folder: Path) -> tuple[float, float]:
    """(median of a question, the first question) in microseconds."""
    gate = camera(folder)
    began = time.perf_counter()
    gate.decide(datetime.now(timezone.utc))
    first_us = (time.perf_counter() - began) * 1e6
    times = []
    for _ in range(QUESTIONS):
        began = time.perf_counter()
        gate.decide(datetime.now(timezone.utc))
        times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times), first_us


def withdrawals(folder: Path) -> tuple[list[int], list[float]]:
    """Per withdrawal: frames still let through after it was written, and time until closed, ms."""
    through, waited_ms = [], []
    for number in range(WITHDRAWALS):
        gate = camera(folder)
        file = gate.settings.file
        assert file is not None
        written = threading.Event()
        at = [0.0]

        def end(
            file: Path = file, written: threading.Event = written, at: list[float] = at
        ) -> None:
            withdraw(file, "somebody", "objection", datetime.now(timezone.utc))
            at[0] = time.perf_counter()
            written.set()

        timer = threading.Timer(0.1 + number / WITHDRAWALS / FRAMES_PER_S, end)
        timer.start()
        frames = 0
        next_s = time.perf_counter()
        while not isinstance(gate.decide(datetime.now(timezone.utc)), Closed):
            frames += written.is_set()
            next_s += 1 / FRAMES_PER_S
            time.sleep(max(0.0, next_s - time.perf_counter()))
        closed = time.perf_counter()
        timer.join()
        through.append(frames)
        waited_ms.append(max(0.0, (closed - at[0]) * 1000))
    return through, waited_ms


def entries(folder: Path) -> tuple[float, float]:
    """(median of an append, ms; verification per entry, microseconds)."""
    settings = AuditSettings(folder=folder / "audit")
    times = []
    with AuditLog(settings, "lobby.detection") as log:
        for _ in range(ENTRIES):
            began = time.perf_counter()
            log.append("frames", camera="lobby", frames=1800, wiped=1800, seconds=60.0)
            times.append((time.perf_counter() - began) * 1e3)
    began = time.perf_counter()
    report = verify_chain(settings.folder, "lobby.detection")
    assert not report.problems
    return statistics.median(times), (time.perf_counter() - began) * 1e6 / report.entries


if __name__ == "__main__":
    main()
