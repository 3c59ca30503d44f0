# SPDX-License-Identifier: Apache-2.0
"""The verifier: evidence of any format in, one result out. It never raises for bad evidence.

Formats that are not here come by ``register``: AMD SEV-SNP has a place in ``Evidence`` and none
here, since no verifier of it is maintained for Python.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from privcv_across.attestation.evidence import Evidence, Format, Result, Status, qualifying
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.tee_verify import verify_tee
from privcv_across.attestation.tpm_verify import Enrolled, verify_tpm
from privcv_across.errors import AttestationError

Appraise = Callable[[Evidence, bytes, AttestationPolicy, datetime], Mapping[str, Any]]
"""(evidence, 32 bytes that its quote must hold, policy, now) → claims; ``AttestationError``."""


class Verifier:
    """``enrolled``: attesters with a TPM by their Ed25519 key; what their clocks showed is kept in
    it, and whoever restarts a verifier keeps it too. ``now``: gives the time, with its zone."""

    def __init__(self, enrolled: dict[str, Enrolled], now: Callable[[], datetime]) -> None:
        self.enrolled = enrolled
        self._now = now
        self._formats: dict[Format, Appraise] = {
            "tpm2": self._tpm,
            "tdx": _tee,
            "sgx": _tee,
        }

    def register(self, format: Format, appraise: Appraise) -> None:
        """Take another format; the hook for SEV-SNP."""
        self._formats[format] = appraise

    def verify(self, evidence: Evidence, nonce: bytes, policy: AttestationPolicy) -> Result:
        """The result for evidence that was asked for with ``nonce`` (``evidence.nonce_of``)."""
        now = self._now()
        appraise = self._formats.get(evidence.format)
        if appraise is None:
            return Result("none", reasons=(f"evidence: nobody here verifies {evidence.format}",))
        try:
            claims = appraise(evidence, qualifying(nonce, evidence.device), policy, now)
        except AttestationError as error:
            return Result("contraindicated", reasons=(str(error),))
        compared = policy.pcrs if evidence.format == "tpm2" else policy.measurements
        status: Status = "affirming" if compared else "warning"
        why = () if compared else ("policy: names no reference value; the state was not compared",)
        return Result(status, claims, now + timedelta(seconds=policy.valid_s), why)

    def _tpm(
        self, evidence: Evidence, expected: bytes, policy: AttestationPolicy, now: datetime
    ) -> Mapping[str, Any]:
        known = self.enrolled.get(evidence.device)
        if known is None:
            raise AttestationError("evidence: no TPM of this device is enrolled")
        quote, later = verify_tpm(evidence, expected, policy, known)
        self.enrolled[evidence.device] = later
        return {
            "pcrs": dict(evidence.pcrs),
            "resets": quote.resets,
            "restarts": quote.restarts,
            "clock_ms": quote.clock_ms,
            "firmware": quote.firmware,
        }


def _tee(
    evidence: Evidence, expected: bytes, policy: AttestationPolicy, now: datetime
) -> Mapping[str, Any]:
    quote = verify_tee(evidence, expected + bytes(32), policy, now)
    return {
        "measurement": quote.measurement,
        "platform": quote.status,
        "advisories": list(quote.advisories),
    }
