# SPDX-License-Identifier: Apache-2.0
"""A batch whose signature was good: parsed, and checked against the schema before it is stored."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from privcv_collector.device_bodies import BatchBody
from privcv_collector.devices.key_cache import CachedKey
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.release import words_of
from privcv_core.protocol.secure_release import BEGINNINGS

_BETWEEN = re.compile(b",(?=" + b"|".join(map(re.escape, BEGINNINGS)) + b")")


@dataclass(frozen=True)
class Batch:
    """A batch whose signature was good."""

    envelope: Envelope
    key: CachedKey
    received_at: datetime
    body: BatchBody | None
    fault: str  # in words, where the body does not fit the schema
    body_sha256: bytes
    digests: tuple[bytes, ...]  # SHA-256 of the canonical bytes of each release
    peer: str | None


def read_batch(
    envelope: Envelope, key: CachedKey, received_at: datetime, peer: str | None
) -> Batch:
    """Check the schema of a batch; what is wrong with it is answered after the checks of order."""
    body: BatchBody | None = None
    fault = ""
    digests: tuple[bytes, ...] = ()
    try:
        body = BatchBody.model_validate(envelope.body)
        fault = _fault_of(body)
        digests = tuple(hashlib.sha256(item).digest() for item in _payloads(envelope.body_bytes))
    except ValidationError as error:
        fault = words_of(error)
    digest = hashlib.sha256(envelope.body_bytes).digest()
    return Batch(envelope, key, received_at, body, fault, digest, digests, peer)


def _fault_of(body: BatchBody) -> str:
    numbers = [release.sequence for release in body.releases]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        return "releases: sequence must rise"
    return ""


def digest_of_0_1_0(release: dict[str, Any]) -> bytes:
    """The digest of a release in databases of version 0.1.0: of another spelling of the same."""
    return hashlib.sha256(json.dumps(release, sort_keys=True).encode()).digest()


def _payloads(body: bytes) -> list[bytes]:
    """The bytes of each release, as the device's ledger keeps them, cut out of a body.

    The body is canonical and fits the schema. In it one of ``BEGINNINGS`` begins a release and
    nothing else: it is the first member by name, and no other object and no text can hold it.
    """
    releases = body[body.index(b'"releases":[') + len('"releases":[') : -len("]}")]
    return _BETWEEN.split(releases)
