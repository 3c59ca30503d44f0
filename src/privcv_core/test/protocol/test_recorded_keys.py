# SPDX-License-Identifier: Apache-2.0
"""Keys, ids and signatures that version 0.1.0 wrote load, verify and come out the same today."""

import json
from pathlib import Path
from typing import Any

import pytest

from privcv_core.audit.checkpoints import Checkpoint, read_checkpoints, seal_checkpoint
from privcv_core.audit.entry import Head
from privcv_core.authorization.record import SignedRecord
from privcv_core.errors import KeyFileError
from privcv_core.protocol import base64url
from privcv_core.protocol.envelope import parse, seal
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.person_keys import load_key
from privcv_core.protocol.signing import SigningKey, VerifyKey, is_public_key, verify_signature

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "recorded_keys.json").read_text(encoding="utf-8")
)
MESSAGE = RECORDED["message"].encode()


def person(tmp_path: Path, name: str) -> SigningKey:
    file = tmp_path / "key.pem"
    file.write_text(RECORDED[name]["pem"])
    file.chmod(0o600)
    return load_key(file, RECORDED[name].get("passphrase"))


@pytest.mark.parametrize("name", ["person", "person_with_passphrase"])
def test_a_persons_key_file(tmp_path: Path, name: str) -> None:
    key, recorded = person(tmp_path, name), RECORDED[name]
    assert (key.public, key.key_id) == (recorded["public"], recorded["key_id"])
    assert key.sign(MESSAGE) == recorded["signature"]
    assert is_public_key(recorded["public"])
    assert verify_signature(recorded["public"], recorded["signature"], MESSAGE)
    assert not verify_signature(recorded["public"], recorded["signature"], MESSAGE + b".")
    assert not verify_signature("not a key", recorded["signature"], MESSAGE)
    assert not verify_signature(recorded["public"], "not a signature", MESSAGE)


@pytest.mark.parametrize("recorded", RECORDED["device_keys"], ids=lambda key: key["alg"])
def test_what_a_device_signed(recorded: dict[str, str]) -> None:
    key = VerifyKey.load(recorded["alg"], recorded["public"])
    assert key.key_id == recorded["key_id"]
    assert key.verify(base64url.decode(recorded["signature"]), MESSAGE)
    envelope = parse(recorded["envelope"].encode())
    assert envelope.verify(key)
    assert (envelope.device, envelope.sequence) == (RECORDED["device"], 7)


def test_an_hmac_key_signs_the_same_bytes_again() -> None:
    """For HMAC what is public is the key itself."""
    recorded = next(key for key in RECORDED["device_keys"] if key["alg"] == "HMAC-SHA256")
    key = SigningKey("HMAC-SHA256", base64url.decode(recorded["public"]))
    sent_at = parse(recorded["envelope"].encode()).sent_at
    assert seal(key, RECORDED["device"], 7, sent_at, b'{"a":1}').decode() == recorded["envelope"]


def test_a_kept_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text(RECORDED["checkpoint"] + "\n")
    (checkpoint,) = read_checkpoints(file, RECORDED["person"]["public"])
    assert checkpoint == Checkpoint("2026-11-16T12:00:00Z", {"lobby.detection": Head(3, "ab" * 32)})
    again = seal_checkpoint(checkpoint, RECORDED["device"], person(tmp_path, "person"))
    assert again.decode() == RECORDED["checkpoint"]


def test_a_signed_authorization(tmp_path: Path) -> None:
    signed = SignedRecord.parse(RECORDED["authorization"], "recorded")
    assert signed.key_id == RECORDED["person"]["key_id"]
    assert signed.is_signed_by(RECORDED["person"]["public"])
    assert not signed.is_signed_by(RECORDED["person_with_passphrase"]["public"])
    again = SignedRecord.sign(signed.record, person(tmp_path, "person"))
    assert again.document() == RECORDED["authorization"]


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    key = person(tmp_path, "person")
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
    assert base64url.encode(key.secret) not in repr(key)


@pytest.mark.parametrize("text", ["", "A", "A" * 42, "A" * 44, "A" * 43 + "=", "ä" * 43, "A B"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    assert not is_public_key(text)
    with pytest.raises(EnvelopeError):
        VerifyKey.load("Ed25519", text)


def test_a_persons_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    person(tmp_path, "person")
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_key(tmp_path / "key.pem")
