# SPDX-License-Identifier: Apache-2.0
"""Appraisal of a TPM's quote, without a TSS: signature, nonce, PCRs, clock and counters.

A quote of before a reboot, or of another boot, gives itself away by counters that a TPM never sets
back; the clock goes on over reboots, and loses at most ``CLOCK_UPDATE_MS`` where power was cut.
"""

import hashlib
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from privcv_across.attestation.evidence import Evidence
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.tpm_format import (
    Quote,
    name_of,
    read_attestation_key,
    read_quote,
    read_signature,
)
from privcv_across.errors import AttestationError
from privcv_core.protocol import base64url

CLOCK_UPDATE_MS = 1 << 22
"""A TPM writes its clock down at least so often (part 1, 36.3.2): 70 minutes."""


@dataclass(frozen=True)
class Enrolled:
    """What a verifier knows of an attester's TPM: its key, and what its clock showed last."""

    device: str
    """Its Ed25519 key, base64url."""
    name: bytes
    """Of the attestation key, of which the TPM with the endorsement key proved to have it."""
    clock_ms: int = 0
    resets: int = 0
    restarts: int = 0


def verify_tpm(
    evidence: Evidence, qualifying: bytes, policy: AttestationPolicy, enrolled: Enrolled
) -> tuple[Quote, Enrolled]:
    """(the quote, what is known of the attester from now on); raises ``AttestationError``."""
    public = base64url.decode(evidence.key)
    if (evidence.device, name_of(public)) != (enrolled.device, enrolled.name):
        raise AttestationError("evidence: is of another attestation key than the enrolled one")
    signed = base64url.decode(evidence.quote)
    try:
        read_attestation_key(public).verify(
            read_signature(base64url.decode(evidence.signature)), signed, ECDSA(SHA256())
        )
    except InvalidSignature as error:
        raise AttestationError("quote: the attestation key did not sign it as it is") from error
    quote = read_quote(signed)
    if quote.qualifying != qualifying:
        raise AttestationError("quote: is for another nonce or device: old, or repeated")
    _check_pcrs(evidence, quote, policy)
    _check_time(quote, enrolled)
    return quote, replace(
        enrolled, clock_ms=quote.clock_ms, resets=quote.resets, restarts=quote.restarts
    )


def _check_pcrs(evidence: Evidence, quote: Quote, policy: AttestationPolicy) -> None:
    shown = {int(number): value for number, value in evidence.pcrs.items()}
    if tuple(sorted(shown)) != quote.pcrs:
        raise AttestationError("pcrs: other registers are shown than were quoted")
    values = b"".join(bytes.fromhex(shown[number]) for number in quote.pcrs)
    if hashlib.sha256(values).digest() != quote.digest:
        raise AttestationError("pcrs: are not the values that were quoted")
    for number, allowed in policy.pcrs.items():
        if shown.get(number) not in allowed:
            raise AttestationError(f"pcrs: {number} has a value that the policy does not take")


def _check_time(quote: Quote, enrolled: Enrolled) -> None:
    boot, known = (quote.resets, quote.restarts), (enrolled.resets, enrolled.restarts)
    if boot < known:
        raise AttestationError(
            f"quote: of boot {boot[0]}.{boot[1]}, and {known[0]}.{known[1]} was seen: it is old"
        )
    lost = 0 if quote.safe or boot == known else CLOCK_UPDATE_MS
    if quote.clock_ms < enrolled.clock_ms - lost:
        raise AttestationError("quote: its clock is behind what it showed before: it is old")
