# SPDX-License-Identifier: Apache-2.0
"""A batch whose signature was good: parsed, and checked against the schema before it is stored."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from privcv_collector.device_bodies import BatchBody
from privcv_collector.refused import words_of
from privcv_collector.storage.key_cache import CachedKey
from privcv_core.protocol.envelope import Envelope


@dataclass(frozen=True)
class Batch:
    """A batch whose signature was good."""

    envelope: Envelope
    key: CachedKey
    received_at: datetime
    body: BatchBody | None
    fault: str  # in words, where the body does not fit the schema
    body_sha256: bytes
    digests: tuple[bytes, ...]  # SHA-256 of each release
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
        digests = tuple(_digest(release) for release in envelope.body["releases"])
    except ValidationError as error:
        fault = words_of(error)
    digest = hashlib.sha256(envelope.body_bytes).digest()
    return Batch(envelope, key, received_at, body, fault, digest, digests, peer)


def _fault_of(body: BatchBody) -> str:
    numbers = [release.sequence for release in body.releases]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        return "releases: sequence must rise"
    return ""


def _digest(release: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(release, sort_keys=True).encode()).digest()
