# SPDX-License-Identifier: Apache-2.0
"""Keys for which others than their owner can sign are no keys, wherever one is taken.

The points are those of two published sets of vectors: https://github.com/C2SP/CCTV (ed25519) and
https://github.com/novifinancial/ed25519-speccheck.
"""

from pathlib import Path

import pytest

from privcv_core.audit.checkpoints import read_checkpoints
from privcv_core.audit.entry import AuditLogError
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.errors import SettingsError
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey, VerifyKey, is_public_key, verify_signature
from privcv_core.settings.model import parse_settings

SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]
NOT_CANONICAL = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
MIXED_ORDER = [
    "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
    "dd1483c5304d412c1f29547640a5c2950222ee8931b7ed1c72602b7afa7024e0",
    "6718d0a3d58deaeaefa655eae3f119071deaa2cfebfd0ca28b670f879d657086",
    "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
    "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
]
SOUND = [
    "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
    "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
]
NO_POINT = ["0200000000000000000000000000000000000000000000000000000000000000"]
ANYBODYS = base64url.encode(bytes([1]) + bytes(63))
"""R is the identity and S is 0: under the identity as the key it signs every message."""


def text_of(point: str) -> str:
    return base64url.encode(bytes.fromhex(point))


@pytest.mark.parametrize("point", SMALL_ORDER + NOT_CANONICAL + MIXED_ORDER + NO_POINT)
def test_a_point_that_no_private_key_makes_is_no_public_key(point: str, tmp_path: Path) -> None:
    text = text_of(point)
    assert not is_public_key(text)
    assert not verify_signature(text, ANYBODYS, b"anything")
    with pytest.raises(EnvelopeError, match="make a new one"):
        VerifyKey.load("Ed25519", text)
    with pytest.raises(EnvelopeError, match="make a new one"):
        VerifyKey("Ed25519", bytes.fromhex(point))
    with pytest.raises(SettingsError, match="trusted_keys"):
        parse_settings(
            AuthorizationSettings,
            {"file": tmp_path / "record.json", "trusted_keys": [text]},
            "site.yaml",
        )


def test_a_checkpoint_that_anybody_signed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text(f'{{"body":{{}},"key_id":"","signature":"{ANYBODYS}"}}\n')
    with pytest.raises(AuditLogError):
        read_checkpoints(file, text_of(SMALL_ORDER[2]))


@pytest.mark.parametrize("point", SOUND)
def test_a_point_of_prime_order_is_a_public_key(point: str) -> None:
    assert is_public_key(text_of(point))


def test_every_key_that_is_made_is_taken() -> None:
    for alg in ("Ed25519", "HMAC-SHA256"):
        for _ in range(50):
            key = SigningKey.generate(alg)
            assert VerifyKey.load(alg, key.public).key_id == key.key_id


@pytest.mark.parametrize(
    "secret",
    [bytes(32), b"\xff" * 32, bytes(range(32)), bytes(range(250, 186, -2)), b"secret00" * 4],
)
def test_a_secret_that_nobody_drew_at_random_is_refused(secret: bytes) -> None:
    with pytest.raises(EnvelopeError, match="random"):
        SigningKey("HMAC-SHA256", secret)
    with pytest.raises(EnvelopeError, match="random"):
        VerifyKey.load("HMAC-SHA256", base64url.encode(secret))
