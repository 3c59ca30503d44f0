# SPDX-License-Identifier: Apache-2.0
"""Who may send: one-time tokens, rotation of keys with overlap, revocation at once."""

import hashlib
import json
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.devices.revocation import revoke_device
from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.enrolment import device_id, seal_enrolment
from privcv_core.protocol.signing import SigningKey


@pytest.fixture
def newcomer(server, new_device):
    return new_device(server.url)


def test_a_token_enrols_one_device_once(server, newcomer, new_device):
    token = issue_enrolment_token(server.collector.engine, "office")
    first = newcomer.enrol(token)
    assert (first.status, first.content) == (201, {"device": newcomer.name, "next_sequence": 1})
    again = newcomer.enrol(token)  # the answer was lost
    assert (again.status, again.content) == (200, first.content)
    other = new_device(server.url).enrol(token)
    assert (other.status, other.content["error"]) == (401, "token")


@pytest.mark.parametrize("token", ["", "enrol-guess", "x" * 256])
def test_a_token_that_was_never_issued_enrols_nobody(server, newcomer, token):
    answer = newcomer.enrol(token)
    assert (answer.status, answer.content["error"]) == (401, "token")
    assert server.rows("SELECT count(*) FROM devices") == [(0,)]


def test_a_token_expires(server, newcomer):
    answer = newcomer.enrol(issue_enrolment_token(server.collector.engine, "office", -1.0))
    assert (answer.status, answer.content["error"]) == (401, "token")


SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",  # 1
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # 2
    "0000000000000000000000000000000000000000000000000000000000000000",  # 4
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  # 8
]


def enrolment_of(public, token, signature=None, **members):
    """An enrolment of any key, with any signature; ``members`` replace those of the request."""
    key_id = hashlib.sha256(public).hexdigest()[:16]
    text = base64url.encode(public)
    new = {"alg": "Ed25519", "key": text, "key_id": key_id, "token": token}
    content = {
        "alg": "Ed25519",
        "body": {"enrol": {**new, **members}},
        "device": device_id("Ed25519", text),
        "key_id": key_id,
        "sent_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sequence": 0,
        "signature": base64url.encode(signature or bytes(64)),
        "v": 1,
    }
    return canonical(content)


@pytest.mark.parametrize("public", SMALL_ORDER)
@pytest.mark.parametrize("signed", [True, False])
def test_a_key_for_which_anybody_can_sign_does_not_enrol(server, new_device, public, signed):
    """R is the identity and S is 0: that signs every message under the first of these keys."""
    weak, anybody = bytes.fromhex(public), bytes([1]) + bytes(63)
    content = enrolment_of(weak, "", anybody)
    device = json.loads(content)["device"]
    token = issue_enrolment_token(server.collector.engine, "office", device=device)
    if signed:
        answer = server.call("POST", "/v1/devices", enrolment_of(weak, token, anybody))
    else:
        request = json.loads(content)["body"]["enrol"] | {"device": device, "token": token}
        answer = server.call("POST", "/v1/devices", request)
    assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert "small order" in answer.content["message"]
    assert server.rows("SELECT count(*) FROM devices") == [(0,)]


@pytest.mark.parametrize("public", SMALL_ORDER)
def test_a_key_for_which_anybody_can_sign_is_no_next_key(server, public):
    device = server.enrolled()
    weak = bytes.fromhex(public)
    key_id = hashlib.sha256(weak).hexdigest()[:16]
    key = {"alg": "Ed25519", "key": base64url.encode(weak), "key_id": key_id}
    answer = device.post(device.sealed({"rotate": key}, 0), "/v1/keys")
    assert (answer.status, answer.content["error"]) == (422, "invalid")


def test_a_secret_that_everybody_knows_does_not_enrol(server, newcomer):
    known = {"alg": "HMAC-SHA256", "key": base64url.encode(bytes(32))}
    known["key_id"] = hashlib.sha256(b"privcv-hmac" + bytes(32)).hexdigest()[:16]
    token = issue_enrolment_token(server.collector.engine, "office", device=newcomer.name)
    answer = newcomer.enrol_unsigned(token, **known)
    assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert "random" in answer.content["message"]


def test_a_weak_key_that_enrolled_before_signs_nothing(server):
    """In a database of 0.1.0 there may be one."""
    device = server.enrolled()
    weak = bytes.fromhex(SMALL_ORDER[0])
    key_id = hashlib.sha256(weak).hexdigest()[:16]
    with server.collector.engine.begin() as connection:
        change = "UPDATE device_keys SET key = :key, key_id = :id"
        connection.execute(text(change), {"key": base64url.encode(weak), "id": key_id})
    content = json.loads(device.sealed({"dropped": 0, "releases": []}, 1))
    content |= {"key_id": key_id, "signature": base64url.encode(bytes([1]) + bytes(63))}
    answer = device.post(canonical(content))
    assert (answer.status, answer.content["error"]) == (401, "weak_key")


def test_nobody_enrols_the_id_of_another_device(server, new_device, newcomer):
    """A token of one's own site is no right to an id that a device of another site will need."""
    thief, engine = new_device(server.url), server.collector.engine
    thief.name = newcomer.name
    token = issue_enrolment_token(engine, "elsewhere")
    for answer in (
        thief.enrol(token),  # signed with the thief's own key
        thief.enrol_unsigned(token),
        thief.enrol_unsigned(  # with the public key of the other: it would be the thief's site's
            token,
            key=newcomer.key.public,
            key_id=newcomer.key.key_id,
        ),
    ):
        assert (answer.status, answer.content["error"]) == (401, "unproven")
    forged = json.loads(newcomer.sealed({"enrol": {}}, 0))
    key = {"alg": "Ed25519", "key": newcomer.key.public, "key_id": newcomer.key.key_id}
    forged["body"]["enrol"] = {**key, "token": token}
    answer = thief.post(canonical(forged), "/v1/devices")  # what it signed was another request
    assert (answer.status, answer.content["error"]) == (401, "bad_signature")
    assert server.rows("SELECT count(*) FROM devices") == [(0,)]
    assert newcomer.enrol(issue_enrolment_token(engine, "office")).status == 201


def test_an_enrolment_that_is_replayed_later_is_refused(server, newcomer):
    token = issue_enrolment_token(server.collector.engine, "office")
    old = datetime.now(timezone.utc) - timedelta(minutes=6)
    raw = seal_enrolment(newcomer.key, newcomer.name, token, old)
    answer = newcomer.post(raw, "/v1/devices")
    assert (answer.status, answer.content["error"]) == (422, "clock")


def test_a_token_for_one_device_enrols_no_other(server, new_device, newcomer):
    """With it a device enrols that cannot prove that its id is its own: of version 0.1.0."""
    other = new_device(server.url)
    newcomer.name = "0123456789abcdef" * 2
    token = issue_enrolment_token(server.collector.engine, "office", device=newcomer.name)
    for answer in (other.enrol(token), other.enrol_unsigned(token)):
        assert (answer.status, answer.content["error"]) == (401, "token")
    assert newcomer.enrol_unsigned(token).status == 201
    assert newcomer.enrol_unsigned(token).status == 200  # the answer was lost


def test_a_device_that_is_known_cannot_be_taken_over_with_another_key(server, newcomer):
    newcomer.enrol(issue_enrolment_token(server.collector.engine, "office"))
    newcomer.key = SigningKey.generate()
    engine = server.collector.engine
    answer = newcomer.enrol(issue_enrolment_token(engine, "office", device=newcomer.name))
    assert (answer.status, answer.content["error"]) == (409, "device_exists")


def test_tokens_are_not_kept(server, newcomer):
    token = issue_enrolment_token(server.collector.engine, "office")
    newcomer.enrol(token)
    reader = server.token("viewer")
    stored = server.rows("SELECT * FROM enrolment_tokens") + server.rows(
        "SELECT * FROM access_tokens"
    )
    assert len(stored) == 2
    assert token not in str(stored)
    assert reader not in str(stored)


def test_a_revoked_device_is_refused_at_once(server, release):
    device = server.enrolled()
    assert device.send(release(1)).status == 200
    revoke_device(server.collector.engine, device.name)  # by another process
    answer = device.send(release(2))
    assert (answer.status, answer.content["error"]) == (401, "revoked")
    assert server.rows("SELECT count(*) FROM releases") == [(1,)]
    fresh = issue_enrolment_token(server.collector.engine, "office")
    assert device.enrol(fresh).content["error"] == "revoked"


def rotated(device, new, **signer):
    key = {"alg": new.alg, "key": new.public, "key_id": new.key_id}
    return device.post(device.sealed({"rotate": key}, 0, **signer), "/v1/keys")


def test_both_keys_are_taken_until_the_overlap_is_over(server, release):
    device, new = server.enrolled(), SigningKey.generate()
    answer = rotated(device, new)
    assert answer.status == 200
    assert answer.content["key_id"] == new.key_id
    until = datetime.strptime(answer.content["previous_expires_at"][:19], "%Y-%m-%dT%H:%M:%S")
    left = until.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert timedelta(days=6.9) < left < timedelta(days=7.1)
    assert rotated(device, new).content == answer.content  # the answer was lost
    assert device.send(release(1)).status == 200
    assert device.send(release(2), key=new).status == 200
    with server.collector.engine.begin() as connection:  # seven days pass
        past = "UPDATE device_keys SET expires_at = '2020-01-01 00:00:00' WHERE key_id = :old"
        connection.execute(text(past), {"old": device.key.key_id})
    refused = device.send(release(3))
    assert (refused.status, refused.content["error"]) == (401, "unknown_key")
    assert device.send(release(3), key=new).status == 200


def test_a_rotation_needs_a_key_that_is_valid(server):
    device, thief = server.enrolled(), SigningKey.generate()
    key = {"alg": thief.alg, "key": thief.public, "key_id": thief.key_id}
    answer = device.post(device.sealed({"rotate": key}, 0, key=thief), "/v1/keys")
    assert (answer.status, answer.content["error"]) == (401, "unknown_key")


def test_a_rotation_that_is_replayed_later_is_refused(server):
    device, new = server.enrolled(), SigningKey.generate()
    key = {"alg": new.alg, "key": new.public, "key_id": new.key_id}
    old = datetime.now(timezone.utc) - timedelta(minutes=6)
    answer = device.post(device.sealed({"rotate": key}, 0, old), "/v1/keys")
    assert (answer.status, answer.content["error"]) == (422, "clock")


def test_a_key_that_was_rotated_out_does_not_come_back(server):
    device, new = server.enrolled(), SigningKey.generate()
    rotated(device, new)
    old, device.key = device.key, new
    answer = rotated(device, old)
    assert (answer.status, answer.content["error"]) == (409, "key_used")


def test_a_key_in_its_overlap_names_no_further_key(server, release):
    """Whoever finds the key that was rotated out cannot take the device over with it."""
    device, new, thief = server.enrolled(), SigningKey.generate(), SigningKey.generate()
    first = rotated(device, new)
    kept = server.rows("SELECT key_id, expires_at FROM device_keys ORDER BY pk")
    refused = rotated(device, thief)
    assert (refused.status, refused.content["error"]) == (409, "key_used")
    assert server.rows("SELECT key_id, expires_at FROM device_keys ORDER BY pk") == kept
    assert kept[1] == (new.key_id, None)
    assert device.send(release(1), key=thief).content["error"] == "unknown_key"
    assert rotated(device, new).content == first.content  # the answer was lost
    assert device.send(release(1)).status == 200  # for batches the overlap holds
    assert rotated(device, thief, key=new).status == 200  # the current key may


def test_a_rotation_cannot_pass_as_a_batch_nor_a_batch_as_a_rotation(server, release):
    device = server.enrolled()
    as_batch = device.post(device.sealed({"rotate": {}}, 0))
    assert (as_batch.status, as_batch.content["error"]) == (422, "invalid")
    as_rotation = device.post(device.batch(release(1)), "/v1/keys")
    assert (as_rotation.status, as_rotation.content["error"]) == (422, "invalid")
