# SPDX-License-Identifier: Apache-2.0
"""The signed envelope of reports: canonical JSON (RFC 8785) with a fixed set of members.

::

    {"alg":"Ed25519","body":{…},"device":"<32 hex>","key_id":"<16 hex>",
     "sent_at":"2026-01-31T08:00:00Z","sequence":7,"signature":"<base64url>","v":1}

The signature covers the canonical bytes of everything but ``signature``: body, device, sequence and
time. Canonical means that one content has one spelling, so the bytes that were signed can be cut
out of the bytes that were received, and a stored body can be verified again years later.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property, lru_cache
from typing import Any

import rfc8785

from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey, VerifyKey

__all__ = ["Envelope", "canonical", "frame", "parse", "seal"]

MAX_ENVELOPE_BYTES = 4 * 1024 * 1024
_MAX_INTEGER = 2**53 - 1  # RFC 8785 numbers are doubles

_HEAD = re.compile(rb'\{"alg":"(Ed25519|HMAC-SHA256)","body":')
_TAIL = re.compile(
    rb',"device":"([0-9a-f]{32})","key_id":"([0-9a-f]{16})"'
    rb',"sent_at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)","sequence":(0|[1-9]\d{0,14})'
    rb'(,"signature":"([A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86})"),"v":1\}\Z'
)
_TAIL_BYTES_AT_MOST = 320


@dataclass(frozen=True)
class Envelope:
    """One envelope. Read is not verified: see ``verify``."""

    alg: str
    body_bytes: bytes
    device: str
    key_id: str
    sent_at: datetime
    sequence: int
    signature: bytes
    signed: bytes

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body, read when it is first asked for; raises ``EnvelopeError``."""
        return _canonical_object(self.body_bytes)

    def verify(self, key: VerifyKey) -> bool:
        """Whether ``key`` signed these bytes with the algorithm that the envelope names."""
        return (
            key.alg == self.alg
            and key.key_id == self.key_id
            and key.verify(self.signature, self.signed)
        )


def seal(
    key: SigningKey, device: str, sequence: int, sent_at: datetime, *body_parts: bytes
) -> bytes:
    """Sign a body for ``device``: canonical JSON of an object, whole or in pieces.

    The same arguments give the same bytes: both algorithms are deterministic.
    """
    head = b'{"alg":"%s","body":' % key.alg.encode()
    tail = b',"device":"%s","key_id":"%s","sent_at":"%s","sequence":%d' % (
        device.encode(),
        key.key_id.encode(),
        format_time(sent_at).encode(),
        sequence,
    )
    end = b',"v":1}'
    signed = b"".join((head, *body_parts, tail, end))
    signature = b',"signature":"%s"' % key.sign(signed).encode()
    return b"".join((memoryview(signed)[: -len(end)], signature, end))


def parse(raw: bytes) -> Envelope:
    """Read an envelope; raises ``EnvelopeError`` for anything that is not one, and nothing else."""
    envelope = frame(raw)
    _ = envelope.body
    return envelope


def frame(raw: bytes) -> Envelope:
    """Read what stands around the body, which is all that ``verify`` needs.

    It costs the same whatever the body holds; ``body`` may still raise. Raises ``EnvelopeError``.
    """
    if len(raw) > MAX_ENVELOPE_BYTES:
        raise EnvelopeError(f"envelope: {len(raw)} bytes; at most {MAX_ENVELOPE_BYTES} are allowed")
    head = _HEAD.match(raw)
    tail = _TAIL.search(raw, max(0, len(raw) - _TAIL_BYTES_AT_MOST))
    if head is None or tail is None or tail.start() < head.end():
        raise EnvelopeError(
            "envelope: is not canonical JSON with the members alg, body, device, key_id, sent_at, "
            "sequence, signature, v (= 1) and no others"
        )
    body_bytes = raw[head.end() : tail.start()]
    try:
        sent_at = parse_time(tail[3].decode())
    except ValueError as error:
        raise EnvelopeError(f"envelope: sent_at is not a time: {error}") from error
    return Envelope(
        alg=head[1].decode(),
        body_bytes=body_bytes,
        device=tail[1].decode(),
        key_id=tail[2].decode(),
        sent_at=sent_at,
        sequence=int(tail[4]),
        signature=base64url.decode(tail[6].decode()),
        signed=raw[: tail.start(5)] + raw[tail.end(5) :],
    )


def canonical(content: Any) -> bytes:
    """RFC 8785 bytes of ``content``; raises ``EnvelopeError`` for what JSON cannot say."""
    try:
        return rfc8785.dumps(content)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise EnvelopeError(f"not representable as canonical JSON: {error}") from error


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, such as ``2026-01-31T08:00:00Z``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Inverse of ``format_time``; raises ``ValueError``."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _canonical_object(text: bytes) -> dict[str, Any]:
    try:
        content = json.loads(
            text, parse_float=_canonical_float, parse_int=_number, parse_constant=_no_constant
        )
        if not isinstance(content, dict):
            raise EnvelopeError("envelope: body is not a JSON object")
        if not _is_canonical(content, text):
            raise EnvelopeError("envelope: body is not in canonical form (RFC 8785)")
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"envelope: body is not JSON: {error}") from error
    return content


def _is_canonical(content: dict[str, Any], text: bytes) -> bool:
    """Whether ``text`` is how RFC 8785 spells ``content``.

    The standard encoder is eight times as fast as ``rfc8785`` and agrees with it on ASCII text but
    for the exponents of floats. Its verdict counts where it says yes (every float was checked while
    it was read); where it says no, the slow one decides.
    """
    if text.isascii():
        quick = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if quick.encode() == text:
            return True
    return canonical(content) == text


@lru_cache(maxsize=65536)
def _canonical_float(text: str) -> float:
    value = float(text) if len(text) <= 32 else float("nan")
    if value != value or rfc8785.dumps(value) != text.encode():
        raise ValueError(f"{text[:32]} is not a number in canonical form")
    return value


def _number(text: str) -> float:
    if len(text) <= 15:
        return int(text)
    value = _canonical_float(text)  # refuses what a double cannot hold, such as 2**53 + 1
    return int(text) if abs(value) <= _MAX_INTEGER else value


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")
