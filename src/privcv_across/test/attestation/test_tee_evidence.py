# SPDX-License-Identifier: Apache-2.0
"""Real quotes of Intel TDX and SGX, and what is changed in them."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from privcv_across.attestation.evidence import Evidence
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.tee_verify import TeeQuote, read_tee, verify_tee
from privcv_across.attestation.verifier import Verifier
from privcv_across.errors import AttestationError
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey

pytest.importorskip("dcap_qvl", reason="dcap-qvl is not installed (extra 'tee')")
SAMPLES = Path(os.environ.get("PRIVCV_DATA", "../shared")) / "data" / "tee"
if not SAMPLES.is_dir():
    pytest.skip(f"{SAMPLES} is not here", allow_module_level=True)
THEN = datetime(2025, 6, 25, tzinfo=timezone.utc)
"""When the lists that came with the samples were valid."""
SGX_STATUS = "ConfigurationAndSWHardeningNeeded"


def evidence(kind: str, **changes: object) -> Evidence:
    quote = (SAMPLES / f"{kind}_quote").read_bytes()
    given: dict[str, object] = {
        "format": kind,
        "device": SigningKey("Ed25519", bytes([7] * 32)).public,
        "quote": base64url.encode(quote),
        "collateral": (SAMPLES / f"{kind}_quote_collateral.json").read_text(),
    }
    return Evidence.model_validate({**given, **changes})


def seen(kind: str) -> TeeQuote:
    one = evidence(kind)
    return read_tee(base64url.decode(one.quote), one.collateral, THEN)


@pytest.mark.parametrize(("kind", "status"), [("tdx", "UpToDate"), ("sgx", SGX_STATUS)])
def test_a_real_quote_is_taken_as_the_policy_says(kind: str, status: str) -> None:
    found = seen(kind)
    policy = AttestationPolicy(statuses=[status], measurements=[found.measurement])
    assert verify_tee(evidence(kind), found.report_data, policy, THEN) == found
    for other in (
        AttestationPolicy(statuses=["SWHardeningNeeded"]),
        AttestationPolicy(statuses=[status], measurements=["00" * 48]),
    ):
        with pytest.raises(AttestationError, match=r"policy takes|does not take"):
            verify_tee(evidence(kind), found.report_data, other, THEN)


def test_what_sgx_says_of_the_program() -> None:
    """As the published samples have it."""
    assert seen("sgx").report_data.rstrip(b"\0") == b"Hello, world!"
    assert seen("sgx").measurement.startswith("33d8736db756ed49")
    assert seen("tdx").measurement.startswith("91eb2b44d141d4ec")


@pytest.mark.parametrize("kind", ["tdx", "sgx"])
def test_a_quote_for_another_nonce_is_refused(kind: str) -> None:
    policy = AttestationPolicy(statuses=["UpToDate", SGX_STATUS])
    result = Verifier({}, lambda: THEN).verify(evidence(kind), bytes(32), policy)
    assert result.status == "contraindicated"
    assert "another nonce" in result.reasons[0]


@pytest.mark.parametrize("kind", ["tdx", "sgx"])
def test_a_flipped_bit_and_lists_that_are_out_of_date_are_refused(kind: str) -> None:
    one = evidence(kind)
    content = base64url.decode(one.quote)
    for place in range(0, 632, 7):  # of header and report, which the quote's signature covers
        flipped = bytearray(content)
        flipped[place if kind == "tdx" else place % 432] ^= 1
        with pytest.raises(AttestationError):
            read_tee(bytes(flipped), one.collateral, THEN)
    for when in (THEN + timedelta(days=60), THEN - timedelta(days=60)):
        with pytest.raises(AttestationError):
            read_tee(content, one.collateral, when)


def test_a_platform_that_no_list_knows_any_more_is_refused() -> None:
    content = (SAMPLES / "tdx_quote_outdated").read_bytes()
    collateral = (SAMPLES / "tdx_quote_outdated_collateral.json").read_text()
    with pytest.raises(AttestationError):
        read_tee(content, collateral, datetime(2026, 3, 1, tzinfo=timezone.utc))


def test_garbage_is_refused_and_the_other_kind_too() -> None:
    for content in (b"", b"x" * 100, (SAMPLES / "sgx_quote").read_bytes()[:-1000]):
        with pytest.raises(AttestationError):
            read_tee(content, evidence("sgx").collateral, THEN)
    with pytest.raises(AttestationError):
        read_tee((SAMPLES / "sgx_quote").read_bytes(), "{}", THEN)
    swapped = evidence("sgx", format="tdx")
    with pytest.raises(AttestationError, match="is of sgx"):
        verify_tee(swapped, seen("sgx").report_data, AttestationPolicy(), THEN)
