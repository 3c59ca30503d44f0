# SPDX-License-Identifier: Apache-2.0
"""Appraisal of quotes of Intel TDX and SGX, by ``dcap-qvl`` (extra ``tee``)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from privcv_across.attestation.evidence import Evidence
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.errors import AttestationError
from privcv_core.protocol import base64url

_REPORTS = {"SgxEnclave": ("sgx", "mr_enclave"), "TD10": ("tdx", "mr_td"), "TD15": ("tdx", "mr_td")}


@dataclass(frozen=True)
class TeeQuote:
    """What Intel's chain of certificates vouches for."""

    kind: str
    """``tdx`` or ``sgx``."""
    measurement: str
    """MRTD or MRENCLAVE, hexadecimal."""
    report_data: bytes
    """64 bytes that the attester chose."""
    status: str
    """Of the platform (TCB), the word of Intel."""
    advisories: tuple[str, ...]


def verify_tee(
    evidence: Evidence, report_data: bytes, policy: AttestationPolicy, now: datetime
) -> TeeQuote:
    """The quote; raises ``AttestationError`` for one that is not Intel's, or not as the policy
    asks. ``report_data``: 64 bytes, which hold the nonce. Certificates and lists have to be valid
    at ``now``."""
    quote = read_tee(base64url.decode(evidence.quote), evidence.collateral, now)
    if quote.kind != evidence.format:
        raise AttestationError(f"quote: is of {quote.kind}, not {evidence.format}")
    if quote.report_data != report_data:
        raise AttestationError("quote: is for another nonce or device: old, or repeated")
    if quote.status not in policy.statuses:
        raise AttestationError(
            f"quote: the policy does not take a platform that is {quote.status} "
            f"({', '.join(quote.advisories) or 'no advisory'})"
        )
    if policy.measurements and quote.measurement not in policy.measurements:
        raise AttestationError("quote: of another program than the policy takes")
    return quote


def read_tee(content: bytes, collateral: str, now: datetime) -> TeeQuote:
    """A quote that Intel's certificates vouch for at ``now``; raises ``AttestationError``."""
    try:
        import dcap_qvl
    except ImportError as error:
        raise AttestationError(
            "quote: of TDX or SGX; install the extra 'tee' to verify it"
        ) from error
    try:
        verified = dcap_qvl.verify(
            content, dcap_qvl.QuoteCollateralV3.from_json(collateral), int(now.timestamp())
        )
        found: dict[str, Any] = json.loads(verified.to_json())
    except ValueError as error:
        raise AttestationError(f"quote: {error}") from error
    ((name, report),) = found["report"].items()
    if name not in _REPORTS:
        raise AttestationError(f"quote: of a kind that is not known: {name}")
    kind, measurement = _REPORTS[name]
    if isinstance(report.get("base"), dict):  # a report of TDX 1.5 holds one of 1.0
        report = report["base"]
    attributes = report["attributes"] if kind == "sgx" else report["td_attributes"]
    if bytes.fromhex(attributes)[0] & (2 if kind == "sgx" else 1):
        raise AttestationError("quote: of a program that its owner can look into (debug)")
    return TeeQuote(
        kind,
        report[measurement],
        bytes.fromhex(report["report_data"]),
        found["status"],
        tuple(found["advisory_ids"]),
    )
