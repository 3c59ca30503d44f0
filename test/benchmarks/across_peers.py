# SPDX-License-Identifier: Apache-2.0
"""What a device of Flower's SecAgg+ computes for one window of 45 counts, beside one of ours.

Flower's own functions, in the order of its four stages, among 51 neighbours with a threshold of 34
(its advice for 100 devices and more is fewer neighbours than that); no network and no server. Then
how fast its masks are guessed: their seed has 32 bits. In an environment that has Flower::

    pip install flwr==1.42.0
    python test/benchmarks/across_peers.py [--neighbours 51]
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.crypto.symmetric_encryption import (
    decrypt,
    encrypt,
    generate_shared_key,
)
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen
from flwr.supercore.primitives.asymmetric import generate_key_pairs, private_key_to_bytes

from privcv_across.messages.configuration import TaskConfiguration
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sealed_report import seal_report
from privcv_across.sealing.sum_task import SumTask
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey

CELLS, RANGE = 45, 1 << 32


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neighbours", type=int, default=51)
    neighbours = parser.parse_args().neighbours
    secagg(neighbours)
    guesses()
    ours()


def secagg(neighbours: int) -> None:
    """One device of SecAgg+, and what the server asks of those that stay."""
    threshold = neighbours * 2 // 3
    others = [generate_key_pairs()[1] for _ in range(neighbours)]
    sent = 0

    def device() -> None:
        nonlocal sent
        (first, _), (second, _) = generate_key_pairs(), generate_key_pairs()
        seed = os.urandom(32)
        shares = zip(
            create_shares(private_key_to_bytes(first), threshold, neighbours),
            create_shares(seed, threshold, neighbours),
            strict=True,
        )
        masked = np.zeros(CELLS, dtype=np.int64)
        sent = 4 * CELLS
        for other, (one, two) in zip(others, shares, strict=True):
            sent += len(encrypt(generate_shared_key(second, other), one + two))
            masked += pseudo_rand_gen(generate_shared_key(first, other), RANGE, [(CELLS,)])[0]
        masked += pseudo_rand_gen(seed, RANGE, [(CELLS,)])[0]

    shown(f"SecAgg+: a device, {neighbours} neighbours", 9, device)
    first, second = generate_key_pairs()[0], others[0]
    key = generate_shared_key(first, second)
    ciphertext = encrypt(key, bytes(400))
    shown("SecAgg+: and decrypts a neighbour's shares, each", 50, lambda: decrypt(key, ciphertext))
    parts = create_shares(os.urandom(32), threshold, neighbours)[:threshold]
    shown("SecAgg+: server, a secret put together", 9, lambda: combine_shares(parts))
    print(f"SecAgg+: up, at least {sent} B a device and window, in four stages")


def guesses(tried: int = 20_000) -> None:
    """How fast one core tries seeds of masks."""
    begun = time.process_time()
    for seed in range(tried):
        np.random.RandomState(seed).randint(0, RANGE - 1, (CELLS,), dtype=np.int64)
    each = (time.process_time() - begun) / tried
    print(f"SecAgg+: {1 / each:.0f} seeds of a mask a second and core: all 2**32 in "
          f"{each * 2**32 / 3600:.0f} core-hours")  # fmt: skip


def ours() -> None:
    """One of our devices, and what a plain signed upload of the same counts is."""
    keys, device = (HpkeKey.generate(1), HpkeKey.generate(2)), SigningKey.generate()
    task = SumTask(
        bytes(32),
        TaskConfiguration(b"t", "https://a.example/", "https://b.example/", 300, 3, 7, b""),
        {"length": CELLS, "max_value": 765, "chunk_length": 15},
        keys[0].config,
        keys[1].config,
        bytes(32),
        frozenset({base64url.decode(device.public)}),
    )
    counts = [17] * CELLS
    shown("ours: a device", 20, lambda: seal_report(task, device, 0, counts))
    print(f"ours: up {task.report_size} B, in one message")
    plain = json.dumps({"counts": counts}).encode()
    shown("plain, signed: a device", 50, lambda: device.sign(plain))
    print(f"plain, signed: up {len(plain) + 64} B")


def shown(what: str, times: int, run: Callable[[], object]) -> None:
    """Print the median CPU time of ``times`` runs."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        run()
        taken.append((time.process_time() - begun) * 1e3)
    print(f"{what}: {statistics.median(taken):.2f} ms")


if __name__ == "__main__":
    main()
