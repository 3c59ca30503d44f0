# SPDX-License-Identifier: Apache-2.0
"""What a window of many sites costs each of two collectors in CPU with its database, and in bytes.

::

    python test/benchmarks/across_collectors.py [--sites 1000] [--together 64]

Reception (signature, roster, one of a window), verification (both shares opened, the proof, the
answer), the close with its noise, each in the transactions of a real collector on SQLite, whose
group writer takes up to 256 batches that wait into one. Both run in this process without a network:
what the helper does is timed where the leader asks it.
"""

import argparse
import random
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml

from privcv_across.messages.closing import CloseReq
from privcv_across.sealing.sealed_report import seal_report
from privcv_across.sealing.sealing_key import load_sealing_key
from privcv_across.task.choices import TaskChoices
from privcv_across.task.operator_keys import make_operator_keys
from privcv_across.task.signed_task import SignedTask
from privcv_collector.storage.database import open_database, writing
from privcv_collector.sums.closing import answer_close
from privcv_collector.sums.leading import close_due
from privcv_collector.sums.reception import keep_report, read_report
from privcv_collector.sums.settings import SumSettings
from privcv_collector.sums.tasks import RunningTask, open_sums
from privcv_collector.sums.verifying import answer_job, verify_waiting
from privcv_core.protocol.person_keys import load_key
from privcv_core.protocol.signing import SigningKey

CELLS, WINDOW_S = 45, 300
ROLES = ("leader", "helper")
BEGIN = datetime(2026, 12, 1, tzinfo=timezone.utc)


def main() -> None:
    """Print a row for each part of the work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--together", type=int, default=64, help="reports in a transaction")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.sites, given.together)


def make_task(folder: Path, devices: list[SigningKey]) -> SignedTask:
    """The task of two operators whose keys are in ``folder``."""
    for role in ROLES:
        make_operator_keys(folder / role, f"https://{role}.example/", role, 1)
    (folder / "roster.txt").write_text("\n".join(one.public for one in devices))
    choices = {
        **{role: str(folder / role / "public.yaml") for role in ROLES},
        "roster": str(folder / "roster.txt"), "cells": [f"zone{n}" for n in range(CELLS)],
        "window_s": WINDOW_S, "epsilon": 0.85, "begins": BEGIN,
        "expires": BEGIN + timedelta(days=30),
    }  # fmt: skip
    sealing = load_sealing_key(folder / "leader" / "sealing.json")
    path = folder / "choices.yaml"
    path.write_text(yaml.safe_dump(choices))
    draft = TaskChoices.model_validate(choices).draft(sealing, path)
    for role in ROLES:
        draft = draft.sign(load_key(folder / role / "operator.pem"))
        (folder / "lobby.task").write_bytes(draft.encode())
    return draft.finished()


def measure(folder: Path, sites: int, together: int) -> None:
    """One window in which every site reports."""
    devices = [SigningKey.generate() for _ in range(sites)]
    signed = make_task(folder, devices)
    engines, parts = [], []
    for role in ROLES:
        engine = open_database(f"sqlite:///{folder / role / 'collector.db'}")
        settings = SumSettings(
            role=role, sealing_key=folder / role / "sealing.json",
            signing_key=folder / role / "sign.pem", tasks=[folder / "lobby.task"],
        )  # fmt: skip
        opened = open_sums(engine, settings, BEGIN)
        assert opened is not None
        engines.append(engine)
        parts.append(opened)
    task_id = signed.task.task_id.hex()
    window = int(BEGIN.timestamp()) // WINDOW_S
    now = BEGIN + timedelta(seconds=WINDOW_S + signed.task.close_after_s)
    rand, offset, sums = random.Random(1), signed.task.floor.offset, signed.task.sum_task()
    truth, reports = [0] * CELLS, []
    for device in devices:
        counts = [rand.randrange(8) for _ in range(CELLS)]
        truth = [a + b for a, b in zip(truth, counts, strict=True)]
        raised = [one + offset for one in counts]
        reports.append(seal_report(sums, device, window, raised).encode())
    cpu = {"received": [0.0, 0.0], "verified": [0.0, 0.0], "closed": [0.0, 0.0]}
    helper_s = [0.0]

    def ask(task: RunningTask, path: str, body: bytes) -> bytes:
        begun = time.process_time()
        with writing(engines[1]).begin() as connection:
            mine = parts[1].tasks[task.id]
            if path.startswith("aggregation_jobs/"):
                answer = answer_job(connection, mine, body, now)
            else:
                request = CloseReq.decode(body)
                answer = answer_close(connection, mine, request, now).encode()
        helper_s[0] += time.process_time() - begun
        return answer

    begun = time.process_time()
    for at in range(0, sites, together):
        received = [read_report(parts[0], task_id, one) for one in reports[at : at + together]]
        with writing(engines[0]).begin() as connection:
            for one in received:
                keep_report(connection, one, now)
    cpu["received"][0] = time.process_time() - begun
    leading = parts[0].tasks[task_id]
    begun = time.process_time()
    while verify_waiting(engines[0], leading, ask):
        pass
    cpu["verified"] = [time.process_time() - begun - helper_s[0], helper_s[0]]
    helper_s[0], begun = 0.0, time.process_time()
    (total,) = close_due(engines[0], leading, ask, now)
    cpu["closed"] = [time.process_time() - begun - helper_s[0], helper_s[0]]
    off = max(abs(a - b) for a, b in zip(total.counts, truth, strict=True))
    if total.sites != sites or off > 10 * total.half_width:
        raise SystemExit("the total is wrong")
    print(f"{CELLS} cells, {sites} sites, a report of {len(reports[0])} B, CPU s: leader, helper")
    for name, (leader_s, other_s) in cpu.items():
        print(f"{name}: {leader_s:.2f}, {other_s:.2f}")
    print(f"in all: {sum(one[0] for one in cpu.values()):.2f}, "
          f"{sum(one[1] for one in cpu.values()):.2f}")  # fmt: skip
    for role, engine in zip(ROLES, engines, strict=True):
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        size = (folder / role / "collector.db").stat().st_size
        print(f"database of the {role} at its largest: {size} B")


if __name__ == "__main__":
    main()
