# SPDX-License-Identifier: Apache-2.0
"""What encryption that can be computed with costs: sums (BFV) of 1,000 sites, a linear head (CKKS).

With TenSEAL (extra ``he``). CKKS is measured and no part of the product: features of people leave
no device, and its results, told to somebody without the key, tell of the key (ia.cr/2020/1533)::

    python test/benchmarks/across_homomorphic.py [--sites 1000]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tenseal

from privcv_across.homomorphic.bfv import PublicKey, SecretKey
from privcv_across.homomorphic.one_server import close_encrypted, open_total
from privcv_across.noise.integer_laplace import IntegerLaplace

CELLS, CAP = 45, 765
NOISE = IntegerLaplace(0.85, 3)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1000)
    sites = parser.parse_args().sites
    sums(sites)
    head()


def sums(sites: int) -> None:
    """Counts of a window, added by one server."""
    secret = SecretKey.generate()
    public = PublicKey(secret.public, CELLS)
    counts = [[(site + cell) % 18 for cell in range(CELLS)] for site in range(sites)]
    sent = {str(site): public.encrypt(one) for site, one in enumerate(counts)}
    sizes = [len(one) for one in sent.values()]
    print(f"public key {len(secret.public)} B; ciphertext {min(sizes)} to {max(sizes)} B")
    shown("a site encrypts", 50, lambda: public.encrypt(counts[0]))
    (encrypted,) = shown(
        f"server: {sites} sites added, noise",
        1,
        partial(close_encrypted, public, NOISE, sent, 5, CAP),
    )
    (total,) = shown("holder decrypts", 1, lambda: open_total(secret, NOISE, encrypted, CELLS))
    true = np.sum(counts, axis=0)
    rmse = float(np.sqrt(np.mean((np.array(total) - true) ** 2)))
    print(f"RMSE of a cell: {rmse:.1f}; of the noise of both {2 * NOISE.scale:.1f}")


def head(features: int = 256) -> None:
    """One linear layer on encrypted features."""
    random = np.random.default_rng(1)
    weights, values = random.normal(size=features), random.normal(size=features)
    context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 40, 60])
    context.global_scale = 2**40
    context.generate_galois_keys()
    keys = len(context.serialize(save_secret_key=False))
    (vector, *_) = shown(
        "CKKS: a device encrypts", 20, lambda: tenseal.ckks_vector(context, values)
    )
    (answer, *_) = shown("CKKS: server computes", 20, lambda: vector.dot(weights.tolist()))
    plain = shown_plain(lambda: values @ weights)
    print(f"CKKS: up {len(vector.serialize())} B, down {len(answer.serialize())} B, "
          f"keys once {keys} B; plain {plain * 1e6:.1f} us; error "
          f"{abs(answer.decrypt()[0] - values @ weights):.1e}")  # fmt: skip


def shown(what: str, times: int, run: Callable[[], Any]) -> list[Any]:
    """Print the median CPU time of ``times`` runs; returns what they returned."""
    taken, found = [], []
    for _ in range(times):
        begun = time.process_time()
        found.append(run())
        taken.append((time.process_time() - begun) * 1e3)
    print(f"{what}: {statistics.median(taken):.2f} ms")
    return found


def shown_plain(run: Callable[[], object], times: int = 10_000) -> float:
    """Seconds of CPU a run."""
    begun = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - begun) / times


if __name__ == "__main__":
    main()
