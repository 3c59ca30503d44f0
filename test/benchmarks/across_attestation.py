# SPDX-License-Identifier: Apache-2.0
"""What attestation costs: CPU time to verify evidence, and of a TPM in software to make it.

With swtpm, ``tpm2-pytss`` and ``dcap-qvl``; quotes of TDX and SGX are those of ``PRIVCV_DATA``::

    python test/benchmarks/across_attestation.py
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from software_tpm import software_tpm

from privcv_across.attestation.evidence import qualifying
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.tee_verify import read_tee
from privcv_across.attestation.tpm_credential import challenge, sign_answer
from privcv_across.attestation.tpm_device import Tpm
from privcv_across.attestation.tpm_format import name_of
from privcv_across.attestation.tpm_verify import Enrolled
from privcv_across.attestation.verifier import Verifier
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey

NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
NONCE, PCRS = bytes(32), (7, 11)
POLICY = AttestationPolicy(pcrs={number: ["00" * 32] for number in PCRS})


def main() -> None:
    """Print the figures."""
    device = SigningKey.generate()
    bound = qualifying(NONCE, device.public)
    with tempfile.TemporaryDirectory() as folder, software_tpm(Path(folder) / "tpm") as chip:
        with Tpm(chip.tcti) as tpm:
            key, endorsement = tpm.new_attestation_key(), tpm.endorsement_key()
            made = tpm.quote(key, bound, PCRS, device.public)
            shown("a quote, its keys made anew: time waited for swtpm", 20, time.perf_counter,
                  lambda: tpm.quote(key, bound, PCRS, device.public))  # fmt: skip
        asked = challenge(device.public, key.area, endorsement, [], [], NOW, [name_of(endorsement)])
        answer = sign_answer(device, key.area, asked.secret)
        shown("an answer to a challenge verified", 200, time.process_time,
              lambda: asked.check(asked.secret, answer))  # fmt: skip
        judge = Verifier({device.public: Enrolled(device.public, name_of(key.area))}, lambda: NOW)
        assert judge.verify(made, NONCE, POLICY).status == "affirming"
        shown("evidence of a TPM verified", 200, time.process_time,
              lambda: judge.verify(made, NONCE, POLICY))  # fmt: skip
        quote, signature = (base64url.decode(part) for part in (made.quote, made.signature))
        print(f"bytes: quote {len(quote)}, signature {len(signature)}, key {len(key.area)}; "
              f"as evidence {len(made.encode())}")  # fmt: skip
    samples = Path(os.environ.get("PRIVCV_DATA", "../shared")) / "data" / "tee"
    for kind in ("tdx", "sgx"):
        content = (samples / f"{kind}_quote").read_bytes()
        collateral = (samples / f"{kind}_quote_collateral.json").read_text()
        then = datetime(2025, 6, 25, tzinfo=timezone.utc)
        verify = partial(read_tee, content, collateral, then)
        shown(f"quote of {kind} verified, {len(content)} B", 100, time.process_time, verify)


def shown(what: str, times: int, clock: Callable[[], float], run: Callable[[], object]) -> None:
    """Print the first, the median and the largest of ``times`` runs."""
    taken = []
    for _ in range(times):
        begun = clock()
        run()
        taken.append((clock() - begun) * 1e3)
    print(f"{what}: first {taken[0]:.2f} ms, median {statistics.median(taken):.2f}, "
          f"most {max(taken):.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
