# SPDX-License-Identifier: Apache-2.0
"""What a report costs a device and a collector in CPU, and what a window of many sites costs each.

::

    python test/benchmarks/across_sites.py [--sites 1000]
"""

import argparse
import os
import random
import statistics
import time

from privcv_across.vdaf.prio3 import NONCE_SIZE, VERIFY_KEY_SIZE, Prio3
from privcv_across.vdaf.registry import build_sum

CONTEXT = b"across_sites.py"
CELLS = 45
SUMS: dict[str, tuple[int, dict[str, int]]] = {
    "bounded, 765 people": (7, {"length": CELLS, "max_value": 765, "chunk_length": 15}),
    "bounded, 3000 people": (7, {"length": CELLS, "max_value": 3000, "chunk_length": 18}),
    "each cell up to 255": (3, {"length": CELLS, "max_measurement": 255, "chunk_length": 15}),
}


def main() -> None:
    """Print a row for each sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1000)
    sites = parser.parse_args().sites
    print(f"{CELLS} cells, {sites} sites, CPU time of one core")
    for name, (number, parameters) in SUMS.items():
        measure(name, build_sum(number, parameters), sites)


def measure(name: str, prio3: Prio3[list[int]], sites: int) -> None:
    """Every site reports, both collectors verify each report, and the sum is compared."""
    key, rand = os.urandom(VERIFY_KEY_SIZE), random.Random(1)
    device, totals = [], [[0] * CELLS, [0] * CELLS]
    collector, expected = [0.0, 0.0], [0] * CELLS
    for _ in range(sites):
        counts = [rand.randrange(8) for _ in range(CELLS)]
        nonce = os.urandom(NONCE_SIZE)
        begun = time.process_time()
        public, shares = prio3.shard(CONTEXT, counts, nonce, os.urandom(prio3.rand_size))
        device.append(time.process_time() - begun)
        opened = []
        for who in (0, 1):
            begun = time.process_time()
            opened.append(prio3.verify_init(key, CONTEXT, who, nonce, public, shares[who]))
            collector[who] += time.process_time() - begun
        for who in (0, 1):  # each takes the message together for itself
            begun = time.process_time()
            message = prio3.verifier_message(CONTEXT, [share for _, share in opened])
            output = prio3.verify_next(opened[who][0], message)
            totals[who] = prio3.aggregate(totals[who], output)
            collector[who] += time.process_time() - begun
        expected = [a + b for a, b in zip(expected, counts, strict=True)]
    if prio3.unshard([prio3.field.encode(total) for total in totals]) != expected:
        raise SystemExit("the sum is wrong")
    device.sort()
    print(
        f"{name}: device {statistics.median(device) * 1e3:.1f} ms a report (p99 "
        f"{device[int(0.99 * len(device))] * 1e3:.1f}); leader {collector[0]:.2f} s, helper "
        f"{collector[1]:.2f} s a window; shares {prio3.leader_share_size} + "
        f"{prio3.helper_share_size} B, between collectors {prio3.verifier_share_size} B a report"
    )


if __name__ == "__main__":
    main()
