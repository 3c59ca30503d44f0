# SPDX-License-Identifier: Apache-2.0
"""Evidence as bytes, formats that nobody verifies here, and what results come to over time."""

from datetime import datetime, timedelta, timezone

import pytest

from privcv_across.attestation.evidence import Evidence, Result
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.standing import Standing, unmet
from privcv_across.attestation.tpm_verify import Enrolled
from privcv_across.attestation.verifier import Verifier
from privcv_across.errors import AttestationError
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import SigningKey

NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
DEVICE = SigningKey("Ed25519", bytes([7] * 32)).public
POLICY = AttestationPolicy(valid_s=3600, grace_s=7200)
GOOD = Result("affirming", {}, NOW + timedelta(hours=1))
BAD = Result("contraindicated", reasons=("quote: old",))


def content(**changes: object) -> bytes:
    made = Evidence(format="tpm2", device=DEVICE, quote="AAAA").model_dump()
    return canonical({**made, **changes})


def test_evidence_survives_the_wire() -> None:
    assert Evidence.decode(content()).encode() == content()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v": 2}, "v"),
        ({"format": "tpm1"}, "format"),
        ({"device": "A" * 43}, "device"),
        ({"quote": "?"}, "quote"),
        ({"quote": 5}, "quote"),
        ({"pcrs": {"24": "00" * 32}}, "pcrs"),
        ({"pcrs": {"7": "0"}}, "pcrs"),
        ({"collateral": "x" * 70_000}, "collateral"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_evidence_is_refused_with_the_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(AttestationError, match=field):
        Evidence.decode(content(**changes))
    for garbage in (b"", b"[]", b"{", b"x" * 200_000):
        with pytest.raises(AttestationError):
            Evidence.decode(garbage)


@pytest.mark.parametrize("quote", ["", "AAAA", "_1RDR4AY"])
def test_garbage_of_an_enrolled_device_is_refused_and_never_raises(quote: str) -> None:
    judge = Verifier({DEVICE: Enrolled(DEVICE, b"")}, lambda: NOW)
    one = Evidence(format="tpm2", device=DEVICE, quote=quote)
    assert judge.verify(one, bytes(32), POLICY).status == "contraindicated"


def test_sev_snp_is_not_appraised_until_somebody_adds_a_verifier() -> None:
    judge = Verifier({}, lambda: NOW)
    one = Evidence(format="sev-snp", device=DEVICE, quote="AAAA")
    assert judge.verify(one, bytes(32), POLICY).status == "none"
    judge.register("sev-snp", lambda evidence, expected, policy, now: {"measurement": "0f"})
    assert judge.verify(one, bytes(32), POLICY).claims == {"measurement": "0f"}

    def refuse(*_: object) -> dict[str, str]:
        raise AttestationError("report: forged")

    judge.register("sev-snp", refuse)
    assert judge.verify(one, bytes(32), POLICY).reasons == ("report: forged",)


def test_one_refusal_opens_a_finding_and_a_grace_time_and_ends_nothing() -> None:
    standing = Standing().after(GOOD, POLICY, NOW)
    assert (standing.finding, standing.good(NOW)) == ("", True)
    later = NOW + timedelta(minutes=30)
    doubted = standing.after(BAD, POLICY, later)
    assert doubted.finding == "quote: old"
    assert doubted.good(later + timedelta(seconds=POLICY.grace_s - 1))
    assert not doubted.good(later + timedelta(seconds=POLICY.grace_s))


def test_more_refusals_do_not_prolong_the_grace_time_and_good_evidence_ends_it() -> None:
    standing = Standing().after(GOOD, POLICY, NOW)
    for minutes in range(30, 400, 10):
        standing = standing.after(BAD, POLICY, NOW + timedelta(minutes=minutes))
    assert standing.counts_until == NOW + timedelta(minutes=30, seconds=POLICY.grace_s)
    again = standing.after(GOOD, POLICY, NOW)
    assert (again.finding, again.refused, again.good(NOW)) == ("", False, True)


def test_who_never_was_good_has_no_grace_time() -> None:
    assert not Standing().after(BAD, POLICY, NOW).good(NOW)
    assert Standing().after(Result("none"), POLICY, NOW).finding


def test_a_task_asks_for_what_it_says_and_by_default_for_nothing() -> None:
    good, bad = Standing().after(GOOD, POLICY, NOW), Standing().after(BAD, POLICY, NOW)
    table = {
        ("none", "bad", "bad"): 0,
        ("device", "bad", "bad"): 1,
        ("device", "good", "bad"): 0,
        ("collectors", "bad", "good"): 0,
        ("collectors", "good", "bad"): 2,
        ("all", "bad", "bad"): 3,
        ("all", "good", "good"): 0,
    }
    of = {"good": good, "bad": bad}
    for (require, device, collectors), lacking in table.items():
        found = unmet(require, of[device], [of[collectors]] * 2, NOW)  # type: ignore[arg-type]
        assert len(found) == lacking, (require, device, collectors)
        assert all("quote: old" in one for one in found)
