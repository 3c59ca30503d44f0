# SPDX-License-Identifier: Apache-2.0
"""Chaos between uplink and collector: whatever happens, each release arrives exactly once.

Runs random schedules of faults: a TLS proxy drops, stalls, cuts, resets and replays requests,
answers them in the collector's place and lets nothing large pass; both sides are killed with
SIGKILL; their disks fill; the clock of the device, and that of the collector, jumps by up to 56
years; keys are replaced and certificates renewed. Half of the schedules end in a SQLite file, three
of ten in a PostgreSQL that crashes behind a PgBouncer that is killed, two of ten at a broker that
forgets all and for a while takes small packets only. Each release carries a measurement of its own.
At the end each must be there exactly once: a 0 is a loss, a 2 a double count.

    make chaos
    python test/chaos/run.py --schedules 20 --seed 7
"""

import argparse
import asyncio
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path += [  # what tests share
    str(Path(__file__).parents[2] / folder)
    for folder in (
        "test/support", "src/privcv_collector/test/support", "src/privcv_uplink/test/support",
    )
]  # fmt: skip

from device import Result
from schedule import draw
from world import World


async def run(schedules: int, seed: int, at_once: int, limit_s: float) -> list[Result]:
    """Run schedules 0, 1, …, ``at_once`` of them at a time, until all are done or time is up."""
    numbers = iter(range(schedules))
    results: list[Result] = []
    deadline = time.monotonic() + limit_s

    async def worker(world: World) -> None:
        for number in numbers:
            if time.monotonic() > deadline:
                return
            result = await world.run(draw(seed, number))
            results.append(result)
            for wrong in result.wrong:
                print(f"schedule {number} (--seed {seed}): {wrong}", flush=True)
            if sys.stderr.isatty() or len(results) % 100 == 0:
                print(f"{len(results)} of {schedules}", end="\r", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="privcv-chaos-") as folder:
        async with World(Path(folder), seed) as world:
            for way in world.missing:
                print(f"no program for the way '{way}' is installed: the file is taken for it")
            await asyncio.gather(*(worker(world) for _ in range(at_once)))
    return results


def main() -> int:
    """Exit status 0 only if all schedules ran and each release was there exactly once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--schedules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--limit-s", type=float, default=1800.0, help="stop after this time")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # disks are to be unmounted
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    start = time.monotonic()
    results = asyncio.run(run(options.schedules, seed, options.at_once, options.limit_s))
    happened: Counter[str] = Counter()
    for result in results:
        happened += result.happened
    for what, count in sorted(happened.items()):
        print(f"{count:7} {what}")
    wrong = sum(bool(result.wrong) for result in results)
    print(
        f"{len(results)} of {options.schedules} schedules, {sum(r.releases for r in results)}"
        f" releases, {wrong} schedules with a release lost or doubled;"
        f" {time.monotonic() - start:.0f} s, seed {seed}"
    )
    return 0 if len(results) == options.schedules and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
