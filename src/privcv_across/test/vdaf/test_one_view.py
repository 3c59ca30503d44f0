# SPDX-License-Identifier: Apache-2.0
"""What one collector sees of a report tells two very different windows apart no better than a coin.

The view is more than either has in the protocol: its share, the public share, both verifier shares
and the message. A linear classifier (ridge) over all its bytes, trained on one half and
asked about the other. Random numbers are of a fixed seed, so that chance decides nothing here.
"""

import random
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import rankdata

from privcv_across.vdaf.prio3 import Prio3
from privcv_across.vdaf.registry import build_sum

EMPTY, FULL = [0, 0], [3, 0]
QUICK = pytest.param(4_000, 0.56, id="4000")
LONG = pytest.param(20_000, 0.52, id="20000", marks=pytest.mark.long)


def views(collector: int, reports: int, masked: bool = True) -> tuple[Any, Any]:
    """(bytes of each view, whether it is of a full window)."""
    prio3: Prio3[Any] = build_sum(7, {"length": 2, "max_value": 3, "chunk_length": 2})
    rand, key = random.Random(20261130), bytes(range(32))
    seen, full = [], np.arange(reports) % 2 == 1
    for is_full in full:
        nonce, seeds = rand.randbytes(16), rand.randbytes(prio3.rand_size)
        if not masked:  # the helper's seed, which hides the counts from the leader, is known
            seeds = bytes(32) + seeds[32:]
        public, shares = prio3.shard(b"view", FULL if is_full else EMPTY, nonce, seeds)
        opened = [
            prio3.verify_init(key, b"view", who, nonce, public, shares[who])[1] for who in (0, 1)
        ]
        message = prio3.verifier_message(b"view", opened)
        seen.append(shares[collector] + public + b"".join(opened) + message)
    bytes_of = np.frombuffer(b"".join(seen), np.uint8).reshape(reports, -1)
    centred = bytes_of.astype(np.float32) - bytes_of.mean(axis=0, dtype=np.float32)
    spread = centred.std(axis=0)  # a byte that only ever has two values tells as much as any
    return centred / np.where(spread > 0, spread, 1), full


def auc(features: npt.NDArray[np.float32], full: npt.NDArray[np.bool_]) -> float:
    """Area under the curve, over both halves, each asked with what the other taught."""
    scores = np.zeros(len(full))
    halves = np.arange(len(full)) % 4 < 2, np.arange(len(full)) % 4 >= 2
    for train, asked in (halves, halves[::-1]):
        known = features[train]
        gram = known.T @ known + 10.0 * np.eye(known.shape[1], dtype=np.float32)
        taught = np.linalg.solve(gram, known.T @ (full[train] - 0.5))
        scores[asked] = features[asked] @ taught
    ranks = rankdata(scores)[full].sum()
    count = int(full.sum())
    return float((ranks - count * (count + 1) / 2) / (count * (len(full) - count)))


@pytest.mark.parametrize("collector", [0, 1], ids=["leader", "helper"])
@pytest.mark.parametrize(("reports", "most"), [QUICK, LONG])
def test_one_collector_learns_nothing(collector: int, reports: int, most: float) -> None:
    assert 1 - most <= auc(*views(collector, reports)) <= most


def test_the_classifier_finds_a_share_that_is_not_masked() -> None:
    assert auc(*views(0, 1_000, masked=False)) > 0.99
