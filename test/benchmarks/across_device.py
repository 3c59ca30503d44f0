# SPDX-License-Identifier: Apache-2.0
"""What one report of a sum over sites costs a device in CPU, and how long it is, empty and full.

::

    python test/benchmarks/across_device.py [--reports 200]

Measured is all of it, from the votes of a window to its bytes on disk: the floor's noise, sharing,
proof, sealing for both collectors, signature, and the transaction of the ledger with charge and
bytes. 45 cells, 300 s, L1BoundSum.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path += [
    str(Path(__file__).resolve().parents[2] / place)
    for place in ("test/support", "src/privcv_privacy/test/support")
]

from sum_devices import SETTINGS, joined, kept
from sum_tasks import DEVICES
from tick_sequences import START

from privcv_privacy.across.task_sum import TaskSum
from privcv_privacy.across.task_votes import Part
from privcv_privacy.aggregation.payments import Lived, Payments
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.ledger import Ledger

CELLS = 45
TASK = kept(
    cells=[f"z{number}" for number in range(CELLS)],
    vdaf__parameters={"length": CELLS, "max_value": 3000, "chunk_length": 18},
)


def main() -> None:
    """Print the cost of a report and its bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=200)
    count = parser.parse_args().reports
    most = TASK.signed.task.most_visits
    print(f"{CELLS} cells, at most {most} visits of {SETTINGS.max_cells} votes in a window")
    for name, visits in (("empty", 0), ("full", most)):
        times, sizes = measure(count, visits)
        spent = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        median_ms, high_ms = (1000 * one for one in spent)
        print(
            f"{name}: CPU {median_ms:.1f} ms in the median, {high_ms:.1f} ms at 95 %; a report of "
            f"{TASK.signed.task.sum_task().report_size} bytes, in a batch {sorted(sizes)}"
        )


def measure(count: int, visits: int) -> tuple[list[float], set[int]]:
    """CPU seconds of each report, and the lengths that occurred."""
    (task,) = joined(TASK).tasks
    times, sizes = [], set()
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.db") as ledger:
        sums = TaskSum(task, DEVICES[0], ledger)
        payments = Payments(SETTINGS, "lobby", CELLS, SETTINGS.max_cells, "run")
        first = START * TICK_S // 300
        for number in range(count):
            votes = [tuple((one + at) % CELLS for at in range(3)) for one in range(visits)]
            start_s = (first + number) * 300
            lived = Lived(start_s * 10**9, (start_s + 300) * 10**9)
            span = Span("lobby", start_s, 300, 1.0)
            begun = time.process_time()
            sums.put(Part("lobby", first + number, payments, span, votes, lived))
            sums.reach("lobby", first + number + 1)
            (release,) = sums.deliver()
            times.append(time.process_time() - begun)
            sizes.add(len(release.payload) - len(str(release.sequence)))
    return times, sizes


if __name__ == "__main__":
    main()
