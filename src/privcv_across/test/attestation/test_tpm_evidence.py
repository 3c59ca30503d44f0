# SPDX-License-Identifier: Apache-2.0
"""Evidence of a TPM: what is true is taken, and each of eight forgeries is refused.

The TPM is swtpm, which also is the oracle of our enrolment: it, not we, opens the challenge.
"""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from software_tpm import SoftwareTpm, needs_tpm, software_tpm

from privcv_across.attestation.evidence import Evidence, Result, nonce_of, qualifying
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.tpm_credential import challenge, sign_answer
from privcv_across.attestation.tpm_device import Blobs, Tpm
from privcv_across.attestation.tpm_format import name_of, read_endorsement_key
from privcv_across.attestation.tpm_verify import Enrolled
from privcv_across.attestation.verifier import Verifier
from privcv_across.errors import AttestationError, TpmError
from privcv_across.transparency.checkpoint_note import TreeHead, sign_head
from privcv_across.transparency.merkle_tree import EMPTY_ROOT
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey

pytestmark = needs_tpm
NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
DEVICE = SigningKey("Ed25519", bytes([7] * 32))
NONCE = nonce_of(sign_head(TreeHead("log.example", 0, EMPTY_ROOT), DEVICE))
PCRS = (7, 11)
POLICY = AttestationPolicy(pcrs={7: ["00" * 32], 11: ["00" * 32]})


@dataclasses.dataclass
class Box:
    """A device with a TPM, and what its verifier knows after enrolment."""

    chip: SoftwareTpm
    endorsement: bytes
    key: Blobs
    enrolled: Enrolled

    def evidence(self, nonce: bytes = NONCE, key: Blobs | None = None) -> Evidence:
        with Tpm(self.chip.tcti) as tpm:
            bound = qualifying(nonce, DEVICE.public)
            return tpm.quote(key or self.key, bound, PCRS, DEVICE.public)


def verifier(box: Box) -> Verifier:
    return Verifier({DEVICE.public: box.enrolled}, lambda: NOW)


def enrol(chip: SoftwareTpm) -> Box:
    with Tpm(chip.tcti) as tpm:
        endorsement, key = tpm.endorsement_key(), tpm.new_attestation_key()
        known = [name_of(endorsement)]
        asked = challenge(DEVICE.public, key.area, endorsement, [], [], NOW, known)
        answer = tpm.activate(key, asked.credential, asked.seed)
    enrolled = asked.check(answer, sign_answer(DEVICE, key.area, answer))
    return Box(chip, endorsement, key, enrolled)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with software_tpm(tmp_path_factory.mktemp("tpm") / "one") as chip:
        yield enrol(chip)


def refused(result: Result, why: str) -> None:
    assert result.status == "contraindicated"
    assert not result.counts(NOW)
    assert why in result.reasons[0]


def test_what_is_true_is_affirmed_and_counts_for_a_while(box: Box) -> None:
    result = verifier(box).verify(Evidence.decode(box.evidence().encode()), NONCE, POLICY)
    assert (result.status, result.reasons) == ("affirming", ())
    assert result.claims["pcrs"] == {"7": "00" * 32, "11": "00" * 32}
    assert result.counts(NOW)
    assert not result.counts(NOW + timedelta(seconds=POLICY.valid_s))
    assert result.eat(NONCE, NOW)["exp"] == int(NOW.timestamp()) + POLICY.valid_s


def test_without_reference_values_the_state_is_only_told(box: Box) -> None:
    result = verifier(box).verify(box.evidence(), NONCE, AttestationPolicy())
    assert result.status == "warning"
    assert result.counts(NOW)


def test_1_another_nonce(box: Box) -> None:
    refused(verifier(box).verify(box.evidence(bytes(32)), NONCE, POLICY), "another nonce")


def test_2_another_pcr(box: Box) -> None:
    made = box.evidence()
    for changed in ({"7": "00" * 32, "11": "11" * 32}, {"7": "00" * 32}):
        lie = made.model_copy(update={"pcrs": changed})
        refused(verifier(box).verify(lie, NONCE, AttestationPolicy()), "pcrs")
    other = AttestationPolicy(pcrs={7: ["11" * 32]})
    refused(verifier(box).verify(made, NONCE, other), "does not take")
    missing = AttestationPolicy(pcrs={4: ["00" * 32]})
    refused(verifier(box).verify(made, NONCE, missing), "does not take")


@pytest.mark.parametrize("field", ["quote", "signature", "key"])
def test_3_any_bit(box: Box, field: str) -> None:
    made = box.evidence()
    content = base64url.decode(getattr(made, field))
    for place in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        lie = made.model_copy(update={field: base64url.encode(bytes(flipped))})
        assert verifier(box).verify(lie, NONCE, POLICY).status == "contraindicated", place


def test_4_another_attestation_key(box: Box) -> None:
    with Tpm(box.chip.tcti) as tpm:
        other = tpm.new_attestation_key()
    made = box.evidence(key=other)
    refused(verifier(box).verify(made, NONCE, POLICY), "another attestation key")
    mixed = made.model_copy(update={"key": box.evidence().key})
    refused(verifier(box).verify(mixed, NONCE, POLICY), "did not sign")


def test_5_an_old_clock(box: Box) -> None:
    earlier, later = box.evidence(), box.evidence()
    judge = verifier(box)
    assert judge.verify(later, NONCE, POLICY).status == "affirming"
    refused(judge.verify(earlier, NONCE, POLICY), "clock")


def test_6_a_restart_count_that_goes_back(box: Box) -> None:
    before, judge = box.evidence(), verifier(box)
    box.chip.off()
    box.chip.on()
    assert judge.verify(box.evidence(), NONCE, POLICY).status == "affirming"
    refused(judge.verify(before, NONCE, POLICY), "it is old")


def test_7_another_endorsement_key(box: Box, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of a TPM that is not the one with the attestation key."""
    with software_tpm(tmp_path_factory.mktemp("tpm") / "two") as other, Tpm(other.tcti) as theirs:
        endorsement = theirs.endorsement_key()
        known = [name_of(endorsement)]
        asked = challenge(DEVICE.public, box.key.area, endorsement, [], [], NOW, known)
        own = theirs.new_attestation_key()
        with pytest.raises(TpmError):  # it has the endorsement key, and not the attestation key
            theirs.activate(own, asked.credential, asked.seed)
    with Tpm(box.chip.tcti) as tpm, pytest.raises(TpmError):  # and this one the other way round
        tpm.activate(box.key, asked.credential, asked.seed)
    with pytest.raises(AttestationError, match="not in the TPM"):
        asked.check(bytes(30), sign_answer(DEVICE, box.key.area, bytes(30)))
    stranger = SigningKey("Ed25519", bytes([8] * 32))
    with pytest.raises(AttestationError, match="did not sign the answer"):
        asked.check(asked.secret, sign_answer(stranger, box.key.area, asked.secret))


def test_8_stale_evidence_of_an_earlier_checkpoint(box: Box) -> None:
    """All of it is true, but for what the log said an hour before."""
    made = box.evidence()
    later = nonce_of(sign_head(TreeHead("log.example", 1, bytes(32)), DEVICE))
    refused(verifier(box).verify(made, later, POLICY), "old, or repeated")


def test_evidence_of_another_device_or_one_not_enrolled(box: Box) -> None:
    stranger = SigningKey("Ed25519", bytes([8] * 32)).public
    lie = box.evidence().model_copy(update={"device": stranger})
    refused(verifier(box).verify(lie, NONCE, POLICY), "enrolled")
    judge = Verifier({stranger: dataclasses.replace(box.enrolled, device=stranger)}, lambda: NOW)
    refused(judge.verify(lie, NONCE, POLICY), "another nonce or device")


def test_power_that_was_cut_takes_nothing_of_the_clock_that_matters(box: Box) -> None:
    judge = verifier(box)
    judge.verify(box.evidence(), NONCE, POLICY)
    box.chip.off(orderly=False)
    box.chip.on()
    assert judge.verify(box.evidence(), NONCE, POLICY).status == "affirming"


def certificate(
    subject: str, key: object, issuer: str, by: object, *, ca: bool, days: int = 30
) -> x509.Certificate:
    name = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])  # noqa: E731
    made = (
        x509.CertificateBuilder(name(issuer), name(subject), key, 1000)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        use = x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.133.8.1")])
        made = made.add_extension(use, critical=False)
    return made.sign(by, SHA256())


def test_an_endorsement_key_is_its_makers(box: Box) -> None:
    maker, middle, stranger = (generate_private_key(SECP256R1()) for _ in range(3))
    root = certificate("maker", maker.public_key(), "maker", maker, ca=True)
    between = certificate("plant", middle.public_key(), "maker", maker, ca=True)
    public = read_endorsement_key(box.endorsement)
    chip = certificate("chip", public, "plant", middle, ca=False)

    def asked(chain: list[x509.Certificate], roots: list[x509.Certificate]) -> None:
        challenge(DEVICE.public, box.key.area, box.endorsement, chain, roots, NOW)

    asked([chip, between], [root])
    asked([chip, between, root], [root])
    asked([chip], [between])
    forged = certificate("chip", public, "plant", stranger, ca=False)
    other = certificate("chip", stranger.public_key(), "plant", middle, ca=False)
    past = certificate("chip", public, "plant", middle, ca=False, days=-1)
    no_maker = certificate("plant", middle.public_key(), "maker", maker, ca=False)
    for chain, roots in [
        ([], [root]), ([chip, between], []), ([chip], [root]), ([forged, between], [root]),
        ([other, between], [root]), ([past, between], [root]), ([chip, no_maker], [root]),
        ([between, root], [root]), ([chip] * 5, [root]),
    ]:  # fmt: skip
        with pytest.raises(AttestationError):
            asked(chain, roots)


def test_a_key_that_signs_anything_is_no_attestation_key(box: Box) -> None:
    """Its owner could have it sign what looks like a quote."""
    area = bytearray(box.key.area)
    area[4:8] = (int.from_bytes(area[4:8], "big") & ~(1 << 16)).to_bytes(4, "big")
    with pytest.raises(AttestationError, match="not restricted"):
        challenge(DEVICE.public, bytes(area), box.endorsement, [], [], NOW)


def test_what_was_sealed_comes_out_until_a_register_changes(box: Box) -> None:
    with Tpm(box.chip.tcti) as tpm:
        sealed = tpm.seal(b"a secret", (14,))
        assert tpm.unseal(sealed, (14,)) == b"a secret"
        tpm.esys.pcr_event(tpm.tss.ESYS_TR.PCR14, b"another start")
        with pytest.raises(TpmError, match="does not give it out"):
            tpm.unseal(sealed, (14,))
