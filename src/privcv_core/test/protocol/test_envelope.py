# SPDX-License-Identifier: Apache-2.0
"""An envelope has one spelling, opens only with its key, and no bytes crash the parser."""

import contextlib
import json
from datetime import datetime, timezone

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import parse, seal
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import ALGORITHMS, SigningKey, VerifyKey

KEY = SigningKey("Ed25519", bytes(range(32)))
DEVICE = "0123456789abcdef" * 2
WHEN = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
BODY = b'{"dropped":0,"releases":[{"dwell":[],"sequence":1,"zones":[]}]}'


def sealed(body: bytes = BODY, key: SigningKey = KEY) -> bytes:
    return seal(key, DEVICE, 7, WHEN, body)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_was_sealed_is_parsed_and_verified(alg: str) -> None:
    key = SigningKey.generate(alg)
    envelope = parse(sealed(key=key))
    assert (envelope.device, envelope.sequence, envelope.sent_at) == (DEVICE, 7, WHEN)
    assert envelope.body == json.loads(BODY)
    assert envelope.body_bytes == BODY
    assert envelope.verify(VerifyKey.load(alg, key.public))
    assert not envelope.verify(VerifyKey.load(alg, SigningKey.generate(alg).public))


def test_the_signed_bytes_are_the_canonical_json_of_everything_but_the_signature() -> None:
    content = json.loads(sealed())
    assert rfc8785.dumps(content) == sealed()
    del content["signature"]
    assert rfc8785.dumps(content) == parse(sealed()).signed


def test_ed25519_agrees_with_rfc_8032() -> None:
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = SigningKey("Ed25519", secret)
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert base64url.decode(key.public).hex() == public
    assert base64url.decode(key.sign(b"")).hex() == signature


def test_an_hmac_envelope_does_not_pass_as_ed25519() -> None:
    """The classic confusion: sign with HMAC under the public key."""
    forged = SigningKey("HMAC-SHA256", base64url.decode(KEY.public))
    assert not parse(sealed(key=forged)).verify(VerifyKey.load("Ed25519", KEY.public))


@given(st.dictionaries(st.text(), json_values))
@settings(max_examples=40, deadline=None)
def test_any_canonical_body_survives(body: dict[str, object]) -> None:
    envelope = parse(sealed(canonical(body)))
    assert envelope.body == body
    assert envelope.verify(VerifyKey.load("Ed25519", KEY.public))


@pytest.mark.parametrize(
    "body",
    [
        b'{"b":1,"a":2}',  # not sorted
        b'{"a":1,"a":1}',  # twice
        b'{"a": 1}',  # white space
        b'{"a":1.0}',  # 1 in canonical form
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":9007199254740993}',  # 2**53 + 1
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\u0041"}',  # an escape that is not needed
        b'{"a":"\\ud800"}',  # half a surrogate pair
        b'{"a":"\xff"}',
        b"[]",
        b"7",
        b"",
        b'{"a":1},"body":{"b":1}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"9" * 10_000 + b"}",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_any_other_spelling_is_refused(body: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse(sealed(body))


DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signature_has_one_spelling(alg: str) -> None:
    """The last digit has bits that are not used: with others there, the bytes would be the same."""
    signature = json.loads(sealed(key=SigningKey.generate(alg)))["signature"]
    accepted = []
    for digit in DIGITS:
        with contextlib.suppress(EnvelopeError):
            base64url.decode(signature[:-1] + digit)
            accepted.append(digit)
    assert len(accepted) == (4 if len(signature) == 86 else 16)  # of 512 bits the last 2, of 256 4
    assert signature[-1] in accepted
    for other in (signature + "=", "+" + signature[1:], "/" + signature[1:]):
        with pytest.raises(EnvelopeError):
            base64url.decode(other)


@given(st.integers(0, len(sealed()) - 1), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_one_changed_byte_is_noticed(place: int, value: int) -> None:
    raw = bytearray(sealed())
    if raw[place] == value:
        return
    raw[place] = value
    try:
        envelope = parse(bytes(raw))
    except EnvelopeError:
        return
    assert not envelope.verify(VerifyKey.load("Ed25519", KEY.public))


@given(st.binary() | st.binary().map(sealed) | st.text().map(lambda text: sealed(text.encode())))
@settings(max_examples=150, deadline=None)
def test_no_bytes_crash_the_parser(raw: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        parse(raw)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_cut_or_splice_of_an_envelope_crashes_the_parser(data: st.DataObject) -> None:
    raw = sealed()
    start = data.draw(st.integers(0, len(raw)))
    stop = data.draw(st.integers(start, len(raw)))
    middle = data.draw(st.binary(max_size=40))
    with contextlib.suppress(EnvelopeError):
        parse(raw[:start] + middle + raw[stop:])


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "A" * 43 + "=" * 7])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(EnvelopeError):
        VerifyKey.load("Ed25519", text)


def test_a_signing_key_does_not_show_its_secret() -> None:
    assert "secret" not in repr(KEY)
    assert KEY.secret.hex() not in repr(KEY)
