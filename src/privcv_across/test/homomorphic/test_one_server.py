# SPDX-License-Identifier: Apache-2.0
"""One server adds up what it cannot read; what it lacks against two collectors is shown too."""

import pytest

from privcv_across.errors import (
    MalformedShare,
    MeasurementError,
    ParameterError,
    RefusedReport,
    SealError,
    TooFewSites,
)
from privcv_across.homomorphic.bfv import LARGEST_SUM, PublicKey, SecretKey
from privcv_across.homomorphic.one_server import (
    EncryptedReport,
    check_report,
    close_encrypted,
    encrypt_report,
    open_total,
)
from privcv_across.noise.integer_laplace import IntegerLaplace
from privcv_core.protocol.signing import SigningKey

pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'he', Python 3.11)")
CAP, CELLS, TASK = 765, 4, bytes(32)
DEVICES = [SigningKey("Ed25519", bytes([number] * 32)) for number in range(1, 6)]
ROSTER = frozenset(device.public for device in DEVICES)
NOISE = IntegerLaplace(0.85, 3)


class NoNoise(IntegerLaplace):
    """Draws nothing: what is left is the sum."""

    def draw(self, length: int) -> list[int]:
        return [0] * length


@pytest.fixture(scope="module")
def secret() -> SecretKey:
    return SecretKey.generate()


@pytest.fixture(scope="module")
def public(secret: SecretKey) -> PublicKey:
    return PublicKey(secret.public, CELLS)


def reports(public: PublicKey) -> tuple[list[list[int]], dict[str, EncryptedReport]]:
    counts = [[number, 0, CAP, 3 * number] for number in range(len(DEVICES))]
    made = {
        device.public: encrypt_report(TASK, device, public, 7, one, CAP)
        for device, one in zip(DEVICES, counts, strict=True)
    }
    return counts, made


def ciphertexts(public: PublicKey) -> dict[str, bytes]:
    return {device: one.ciphertext for device, one in reports(public)[1].items()}


def test_the_total_is_the_sum_and_a_key_survives_its_file(
    secret: SecretKey, public: PublicKey
) -> None:
    counts, made = reports(public)
    for one in made.values():
        check_report(TASK, ROSTER, public, one)
    none = NoNoise(0.85, 3)
    encrypted = close_encrypted(public, none, ciphertexts(public), 5, CAP)
    again = SecretKey(secret.encode())
    assert open_total(again, none, encrypted, CELLS) == tuple(
        sum(column) for column in zip(*counts, strict=True)
    )


def test_noise_is_added_by_both_and_can_be_negative(secret: SecretKey, public: PublicKey) -> None:
    """Server alone, holder alone: each leaves noise in it."""
    none, exact = NoNoise(0.85, 3), (10, 0, 5 * CAP, 30)
    sent = ciphertexts(public)
    by_server, by_holder = set(), set()
    for _ in range(12):
        encrypted = close_encrypted(public, NOISE, sent, 5, CAP)
        by_server.add(open_total(secret, none, encrypted, CELLS))
        encrypted = close_encrypted(public, none, sent, 5, CAP)
        by_holder.add(open_total(secret, NOISE, encrypted, CELLS))
    for drawn in (by_server, by_holder):
        assert len(drawn) == 12
        assert exact not in drawn or len(drawn) > 1
        assert min(total[1] for total in drawn) < 0


def test_the_server_cannot_read_and_a_second_key_reads_nothing(public: PublicKey) -> None:
    first, second = public.encrypt([1, 2, 3, 4]), public.encrypt([1, 2, 3, 4])
    assert first != second
    assert SecretKey.generate().decrypt(first, CELLS) != [1, 2, 3, 4]
    with pytest.raises(SealError, match="is a public one"):
        SecretKey(SecretKey.generate().public)
    with pytest.raises(SealError, match="holds the secret key"):
        PublicKey(SecretKey.generate().encode(), CELLS)


def test_size_tells_no_counts_but_for_chance(public: PublicKey) -> None:
    """Ciphertexts are compressed, so that sizes differ by a few bytes, at random."""
    sizes = {
        kind: [len(public.encrypt(counts)) for _ in range(20)]
        for kind, counts in {"empty": [0] * CELLS, "full": [CAP] * CELLS}.items()
    }
    means = [sum(one) / len(one) for one in sizes.values()]
    assert abs(means[0] - means[1]) < 40
    assert all(88_000 < size < 89_500 for one in sizes.values() for size in one)


def test_who_is_not_on_the_roster_or_changed_anything_is_refused(public: PublicKey) -> None:
    _, made = reports(public)
    one = made[DEVICES[0].public]
    stranger = SigningKey("Ed25519", bytes([9] * 32))
    forged = [
        encrypt_report(TASK, stranger, public, 7, [1] * CELLS, CAP),
        EncryptedReport(one.device, 8, one.ciphertext, one.signature),
        EncryptedReport(one.device, 7, made[DEVICES[1].public].ciphertext, one.signature),
        EncryptedReport(DEVICES[1].public, 7, one.ciphertext, one.signature),
    ]
    for report in forged:
        with pytest.raises(RefusedReport):
            check_report(TASK, ROSTER, public, report)
    with pytest.raises(RefusedReport):
        check_report(bytes([1] * 32), ROSTER, public, one)


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"x" * 100_001])
def test_what_is_no_ciphertext_is_refused(
    secret: SecretKey, public: PublicKey, content: bytes
) -> None:
    for call in (lambda: public.add([content]), lambda: secret.decrypt(content, CELLS)):
        with pytest.raises(MalformedShare):
            call()
    with pytest.raises(MalformedShare):
        public.add([PublicKey(secret.public, 3).encrypt([1, 2, 3])])
    with pytest.raises(MalformedShare):
        public.add([])


def test_what_is_not_closed(public: PublicKey) -> None:
    sent = ciphertexts(public)
    with pytest.raises(TooFewSites):
        close_encrypted(public, NOISE, sent, 6, CAP)
    with pytest.raises(ParameterError, match="too much to add"):
        close_encrypted(public, NOISE, sent, 5, LARGEST_SUM)
    for counts in ([CAP + 1, 0, 0, 0], [-1, 0, 0, 0]):
        with pytest.raises(ParameterError):
            encrypt_report(TASK, DEVICES[0], public, 7, counts, CAP)
    for wrong in ([1] * 3, [LARGEST_SUM + 1, 0, 0, 0]):
        with pytest.raises(MeasurementError):
            public.encrypt(wrong)
    for content, length in ((b"x", 4), (b"", 4), (b"x" * 400_001, 4)):
        with pytest.raises(SealError):
            PublicKey(content, length).encrypt([1] * 4)
    with pytest.raises(SealError):
        PublicKey(SecretKey.generate().public, 0)


def test_a_lying_site_is_not_found_here(secret: SecretKey, public: PublicKey) -> None:
    """What two collectors refuse: it is the price of one server, and documented."""
    lie = public.encrypt([1_000_000, 0, 0, 0])
    report = EncryptedReport(
        DEVICES[0].public,
        7,
        lie,
        DEVICES[0].sign(_content(lie)),
    )
    check_report(TASK, ROSTER, public, report)
    assert secret.decrypt(public.add([lie]), CELLS)[0] == 1_000_000


def _content(ciphertext: bytes) -> bytes:
    import hashlib

    digest = hashlib.sha256(ciphertext).digest()
    start = b"privcv encrypted report\n" + TASK + DEVICES[0].public.encode()
    return start + (7).to_bytes(8, "big") + digest
