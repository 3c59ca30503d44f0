# SPDX-License-Identifier: Apache-2.0
"""The signed envelope of reports: canonical JSON (RFC 8785) with a fixed set of members.

::

    {"alg":"Ed25519","body":{…},"device":"<32 hex>","key_id":"<16 hex>",
     "sent_at":"2026-01-31T08:00:00Z","sequence":7,"signature":"<base64url>","v":1}

The signature covers the canonical bytes of everything but ``signature``: body, device, sequence and
time. Canonical means that one content has one spelling, so the bytes that were signed can be cut
out of the bytes that were received, and a stored body can be verified again years later.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import read_canonical
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey, VerifyKey
from privcv_core.protocol.timestamps import parse_rfc3339_whole, rfc3339_whole

__all__ = ["Envelope", "frame", "parse", "seal"]

MAX_ENVELOPE_BYTES = 4 * 1024 * 1024

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
        return read_canonical(self.body_bytes)

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
        rfc3339_whole(sent_at).encode(),
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
        sent_at = parse_rfc3339_whole(tail[3].decode())
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
