# SPDX-License-Identifier: Apache-2.0
"""Sealing: the vector of RFC 9180, another implementation, and nothing that is changed opens."""

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from privcv_across.errors import MalformedMessage, SealError
from privcv_across.messages.basic import HpkeCiphertext
from privcv_across.sealing.hpke import (
    DEFAULT_SUITE,
    KEY_SIZE,
    OVERHEAD,
    SUITES,
    HpkeConfig,
    HpkeKey,
)

EACH_SUITE = pytest.mark.parametrize("suite", SUITES)


def test_the_vector_of_the_rfc_opens() -> None:
    """RFC 9180, A.1.1: DHKEM(X25519), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0."""
    key = HpkeKey(
        0, bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    public = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
    assert key.config.public_key.hex() == public
    sealed = HpkeCiphertext(
        0,
        bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"),
        bytes.fromhex(
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
            "6d8770ac83d07bea87e13c512a"
        ),
    )
    opened = key.open(sealed, b"Ode on a Grecian Urn", b"Count-0")
    assert opened == b"Beauty is truth, truth beauty"


@pytest.mark.parametrize("suite", SUITES)
def test_another_implementation_opens_ours_and_seals_for_us(suite: str) -> None:
    aead = hpke.AEAD.AES_128_GCM if "AES128" in suite else hpke.AEAD.CHACHA20_POLY1305
    peer = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, aead)
    key = HpkeKey.generate(1, suite)
    sealed = key.config.seal(b"counts", b"info", b"")
    private = X25519PrivateKey.from_private_bytes(key.secret)
    assert peer.decrypt(sealed.encapsulated + sealed.payload, private, info=b"info") == b"counts"
    public = X25519PublicKey.from_public_bytes(key.config.public_key)
    theirs = peer.encrypt(b"counts", public, info=b"info")
    split = HpkeCiphertext(1, theirs[:KEY_SIZE], theirs[KEY_SIZE:])
    assert key.open(split, b"info", b"") == b"counts"


@EACH_SUITE
def test_only_what_was_sealed_for_this_key_and_purpose_opens(suite: str) -> None:
    key = HpkeKey.generate(3, suite)
    sealed = key.config.seal(b"counts", b"info", b"aad")
    assert key.open(sealed, b"info", b"aad") == b"counts"
    assert (len(sealed.encapsulated), len(sealed.payload)) == (KEY_SIZE, 6 + OVERHEAD)
    enc, payload = sealed.encapsulated, sealed.payload
    changed = [
        HpkeCiphertext(3, enc, bytes([payload[0] ^ 1]) + payload[1:]),
        HpkeCiphertext(3, enc, payload[:-1]),
        HpkeCiphertext(3, bytes([enc[0] ^ 1]) + enc[1:], payload),
        HpkeCiphertext(3, enc[:-1] + bytes([enc[-1] ^ 0x80]), payload),  # the bit X25519 ignores
        HpkeCiphertext(3, bytes(KEY_SIZE), payload),
        HpkeCiphertext(3, b"short", payload),
        HpkeCiphertext(4, enc, payload),
    ]
    for one in changed:
        with pytest.raises(SealError):
            key.open(one, b"info", b"aad")
    for other, info, aad in (
        (HpkeKey.generate(3, suite), b"info", b"aad"),
        (key, b"other", b"aad"),
        (key, b"info", b""),
    ):
        with pytest.raises(SealError):
            other.open(sealed, info, aad)


def test_nothing_is_sealed_for_a_key_that_everybody_has() -> None:
    """Points of small order (RFC 7748, 6.1): what is agreed with them is zero."""
    for public in (bytes(32), b"\1" + bytes(31)):
        with pytest.raises(SealError):
            HpkeConfig(0, public).seal(b"counts", b"", b"")


def test_a_configuration_has_the_bytes_that_the_draft_says() -> None:
    config = HpkeConfig(9, bytes(range(32)))
    assert config.encode() == b"\x09\x00\x20\x00\x01\x00\x01\x00\x20" + bytes(range(32))
    for suite in SUITES:
        written = HpkeConfig(9, bytes(range(32)), suite)
        assert HpkeConfig.decode(written.encode()) == written
    for wrong in (
        b"",
        config.encode()[:-1],
        config.encode() + b"\0",
        b"\x09\x00\x10" + config.encode()[3:],
    ):
        with pytest.raises(MalformedMessage):
            HpkeConfig.decode(wrong)
    with pytest.raises(SealError, match="known are"):
        HpkeConfig(0, bytes(32), "ROT13")


def test_a_key_does_not_show_itself() -> None:
    key = HpkeKey.generate(1)
    assert key.secret.hex() not in repr(key)
    assert str(list(key.secret)) not in repr(key)
    assert DEFAULT_SUITE in repr(key)
