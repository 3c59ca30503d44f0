# SPDX-License-Identifier: Apache-2.0
"""Chaos of sums over sites: whatever dies, each report is counted once and noise is drawn once.

Runs random schedules. In each, five sites send reports of two windows; uplink, leader and helper
are killed (SIGKILL) again and again at a random SQL statement, and 30 % of what goes between them
is lost, there or back, 20 % doubled, 20 % follows an older request that comes again. Windows fall
due at a random moment, so that some reports are late. At the end, of each window: both collectors
closed over the same reports; each report is counted, or late and counted as that, and none twice;
the total less one draw of each collector's noise is the exact sum of what was counted; and whatever
was told of a close was the same bytes each time.

    python test/chaos/sums.py
    python test/chaos/sums.py --schedules 20 --seed 7
    python test/chaos/sums.py --schedules 20 --fault redraw   # must be found
"""

import argparse
import itertools
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path += [  # what tests share
    str(Path(__file__).parents[2] / folder)
    for folder in ("test/support", "src/privcv_collector/test/support", "test/chaos")
]

from sqlalchemy import create_engine, insert, select
from sum_processes import Network, die_at, die_with_the_judge, helper, leader, uplink
from sum_sites import FIRST, TwoCollectors, closing_time, site_key

from privcv_across.messages.closing import read_ids
from privcv_collector.storage.sum_tables import (
    secure_reports,
    sum_totals,
    window_closes,
)
from privcv_collector.storage.tables import device_keys, devices, refusals, sites
from privcv_core.protocol.enrolment import device_id
from privcv_core.protocol.secure_release import SecureRelease

SITES, WINDOWS = 5, 2
LOSS = 0.3
EPSILON = 0.01
"""So wide a noise that no two draws are taken for each other."""
LIMIT_S = 90.0


@dataclass
class Result:
    """Of one schedule."""

    wrong: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)


class World:
    """What all schedules begin with: databases with a task and enrolled devices."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        urls = (f"sqlite:///{folder}/leader.db", f"sqlite:///{folder}/helper.db")
        noise = {
            "mechanism": "discrete_laplace", "by": "each collector", "votes": 3, "epsilon": EPSILON,
        }  # fmt: skip
        self.two = TwoCollectors(urls, folder / "keys", SITES, noise=noise)
        self.two.now = closing_time(FIRST + WINDOWS) + timedelta(days=1)
        self.keys = [site_key(number) for number in range(SITES)]
        self.names = [device_id(key.alg, key.public) for key in self.keys]
        with self.two.engines[0].begin() as connection:
            connection.execute(insert(sites).values(pk=1, name="site"))
            for pk, (key, name) in enumerate(zip(self.keys, self.names, strict=True), 1):
                connection.execute(
                    insert(devices).values(
                        pk=pk, device=name, site_pk=1, enrolled_at=self.two.now, last_batch=0,
                        last_release=0, dropped=0, dropped_unused=0,
                    )
                )  # fmt: skip
                connection.execute(
                    insert(device_keys).values(
                        device_pk=pk, key_id=key.key_id, alg=key.alg, key=key.public,
                        added_at=self.two.now,
                    )
                )  # fmt: skip
        for engine in self.two.engines:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()

    def run(self, seed: int, number: int, fault: str) -> Result:
        """One schedule."""
        rng = random.Random(f"{seed}:{number}")
        folder = self.folder / f"run{number}"
        folder.mkdir()
        for name in ("leader.db", "helper.db"):
            shutil.copy(self.folder / name, folder / name)
        counts: dict[bytes, list[int]] = {}
        senders = []
        for site, (key, name) in enumerate(zip(self.keys, self.names, strict=True)):
            payloads = []
            for window in range(WINDOWS):
                drawn = [rng.randrange(8) for _ in range(3)]
                report = self.two.report(site, FIRST + window, drawn)
                counts[report.metadata.report_id] = drawn
                task = self.two.signed.task.task_id
                payloads.append(SecureRelease.of(window + 1, task, report.encode()).canonical())
            senders.append((name, key, payloads))
        result = Result()
        roles: dict[str, Callable[[random.Random], None]] = {
            "uplink": lambda own: uplink(folder, senders, own, Network(own, LOSS)),
            "leader": lambda own: leader(folder, self.two, Network(own, LOSS)),
            "helper": lambda own: helper(folder, self.two, fault),
        }
        self._play(rng, folder, roles, result)
        judge(folder, counts, self.two.signed.task.floor.offset, result)
        shutil.rmtree(folder)
        return result

    def _play(self, rng: random.Random, folder: Path, roles: Any, result: Result) -> None:
        kills = {name: rng.randrange(7) for name in roles}
        running: dict[str, int] = {}
        delivered = False
        begun, due_after = time.monotonic(), rng.uniform(0.0, 1.5)
        said: dict[Any, Any] = {}
        try:
            while time.monotonic() - begun < LIMIT_S:
                for name, role in roles.items():
                    pid = running.get(name)
                    if pid is not None:
                        ended, status = os.waitpid(pid, os.WNOHANG)
                        if not ended:
                            continue
                        del running[name]
                        if os.WIFSIGNALED(status):
                            result.happened[f"{name} killed"] += 1
                        elif name == "uplink" and status == 0:
                            delivered = True
                        else:
                            result.wrong.append(f"{name} ended with {status}")
                            return
                    if name == "uplink" and delivered:
                        continue
                    kills[name] -= 1
                    # Most statements of a run come early: short lives are likelier.
                    at = int(rng.paretovariate(0.6) + rng.uniform(0, 25)) if kills[name] >= 0 else 0
                    running[name] = forked(role, at, random.Random(rng.random()))
                if time.monotonic() - begun > due_after:
                    (folder / "due").touch()
                found = totals(folder)
                for key, row in said.items():
                    if found.get(key) != row:
                        result.wrong.append(f"a total changed: {row} to {found.get(key)}")
                said = found
                if delivered and is_over(folder):
                    return
                time.sleep(0.02)
            result.wrong.append("did not end")
        finally:
            for pid in running.values():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def forked(role: Callable[[random.Random], None], at: int, own: random.Random) -> int:
    """A process of its own; it dies as it begins its ``at``-th statement."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_the_judge()
        die_at(at)
        role(own)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def rows(database: Path, query: Any) -> list[Any]:
    """What a database holds."""
    engine = create_engine(f"sqlite:///{database}", connect_args={"timeout": 30})
    try:
        with engine.connect() as connection:
            return list(connection.execute(query))
    finally:
        engine.dispose()


def totals(folder: Path) -> dict[Any, Any]:
    """All totals that the leader tells now."""
    return {row.time: (row.sites, tuple(row.counts)) for row in
            rows(folder / "leader.db", select(sum_totals))}  # fmt: skip


def is_over(folder: Path) -> bool:
    """Whether nothing is left to be verified, closed or swept."""
    closes = rows(folder / "leader.db", select(window_closes.c.state))
    return (
        len(closes) == WINDOWS
        and all(state != "proposed" for (state,) in closes)
        and not rows(folder / "leader.db", select(secure_reports.c.time))
    )


def judge(folder: Path, counts: dict[bytes, list[int]], raised: int, result: Result) -> None:
    """Compare what both collectors hold with what was sent."""
    wrong = result.wrong
    if (folder / "wrong").exists():
        wrong.extend((folder / "wrong").read_text().splitlines()[:3])
    leaders = {row.time: row for row in rows(folder / "leader.db", select(window_closes))}
    helpers = {row.time: row for row in rows(folder / "helper.db", select(window_closes))}
    told: dict[str, set[str]] = {}
    for line in lines(folder / "told"):
        path, answer = line.split()
        told.setdefault(path, set()).add(answer)
    wrong.extend(
        f"{path}: told in {len(all_)} ways" for path, all_ in told.items() if len(all_) > 1
    )
    found = totals(folder)
    noises = [
        [list(map(int, line.split())) for line in lines(folder / f"{name}.noise")]
        for name in ("leader", "helper")
    ]
    result.happened["draws lost"] += sum(map(len, noises)) - 2 * len(found)
    seen = 0
    for time_, row in leaders.items():
        ids = read_ids(bytes(row.report_ids))
        if time_ not in helpers or bytes(helpers[time_].report_ids) != bytes(row.report_ids):
            wrong.append(f"window {time_}: the two closed over other reports")
        if not set(ids) <= set(counts):
            wrong.append(f"window {time_}: counts a report that nobody sent")
        seen += len(ids) + row.late
        result.happened["counted"] += len(ids)
        result.happened["late"] += row.late
        if row.state == "too_few":
            result.happened["windows of too few"] += 1
            if time_ in found:
                wrong.append(f"window {time_}: a total of too few sites")
            continue
        sites_, total = found.get(time_, (0, ()))
        exact = [sum(column) for column in zip(*(counts[one] for one in ids), strict=True)]
        pairs = itertools.product(*noises)
        if sites_ != len(ids) or not any(
            [a + b + c for a, b, c in zip(exact, one, other, strict=True)] == list(total)
            for one, other in pairs
        ):
            wrong.append(f"window {time_}: the total is not the sum and one noise of each")
        result.happened["totals"] += 1
    lost = len(counts) - seen
    if lost:
        wrong.append(f"{lost} of {len(counts)} reports lost (negative: counted twice)")
    refused = rows(folder / "leader.db", select(refusals.c.error, refusals.c.message))
    wrong.extend(m for error, m in refused if not m.startswith("batch_collected"))


def lines(path: Path) -> list[str]:
    """Whole lines of a file; none where it is not there."""
    if not path.exists():
        return []
    return [line for line in path.read_text().split("\n")[:-1] if line]


def main() -> int:
    """Exit status 0 only if all schedules ran and nothing was wrong in any."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first schedule")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one")
    parser.add_argument("--limit-s", type=float, default=3600.0, help="stop after this time")
    parser.add_argument("--fault", choices=["", "redraw"], default="", help="plant a fault")
    options = parser.parse_args()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    begun, ran, bad = time.monotonic(), 0, 0
    happened: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="privcv-sums-") as folder:
        world = World(Path(folder))
        for number in range(options.first, options.first + options.schedules):
            if time.monotonic() - begun > options.limit_s:
                break
            result = world.run(seed, number, options.fault)
            ran, bad = ran + 1, bad + bool(result.wrong)
            happened += result.happened
            for words in result.wrong:
                print(f"schedule {number} (--seed {seed}): {words}", flush=True)
    for what, count in sorted(happened.items()):
        print(f"{count:7} {what}")
    took = time.monotonic() - begun
    print(f"{ran} of {options.schedules} schedules, {bad} with a fault; {took:.0f} s, seed {seed}")
    return 0 if ran == options.schedules and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
