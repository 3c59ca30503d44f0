# SPDX-License-Identifier: Apache-2.0
"""Signed manifest of what was redacted: how, by which version, and what was withheld and why.

It holds no box and no number of people, and of a frame that was withheld its time and the reason.
The signature covers the canonical JSON (RFC 8785) of ``manifest``.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from privcv_core.doors import load
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.input_file import read_input
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey, verify_signature
from privcv_core.version import VERSION
from privcv_images.errors import ImagesError
from privcv_images.hiding.found import Reason
from privcv_images.recordings.settings import ImagesSettings

PREFIX = b"privcv image manifest v1\n"
MAX_MANIFEST_BYTES = 64 << 20

NOT_ANONYMOUS = "NOT ANONYMOUS"
"""What is written on weak outputs, into their metadata and their manifest."""

ONE_NETWORK = (
    "the face detector that it was made with, in part: where the queries did not suffice, or the "
    "encoding undid it, faces are still found; nothing against people or other networks"
)
"""What is said of an adversarial perturbation. In how many faces it failed would be a number of
people."""


@dataclass
class Tally:
    """What became of the frames of one output, or of one topic."""

    frames: int = 0
    withheld: dict[Reason, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Reason to the times of the frames, ns."""
    text_labels: dict[str, int] | None = None
    """Label of a text to the frames in which it was read, where labels are wanted."""

    def add(self, stamp_ns: int, reason: Reason | None) -> None:
        """Note a frame that is published, or why it is not."""
        self.frames += 1
        if reason is not None:
            self.withheld[reason].append(stamp_ns)

    def content(self) -> dict[str, Any]:
        """As the manifest says it. Times are text: JSON's numbers end before nanoseconds do."""
        count = sum(len(times) for times in self.withheld.values())
        labels = {} if self.text_labels is None else {"text_labels": self.text_labels}
        return {
            "frames": self.frames,
            "published": self.frames - count,
            "withheld_ns": {
                reason: [str(time) for time in times]
                for reason, times in sorted(self.withheld.items())
            },
            **labels,
        }


def settings_facts(settings: ImagesSettings, *, anonymous: bool) -> dict[str, Any]:
    """What the manifest says of how it was done: no path, whose names may tell who is shown."""
    redaction = settings.redaction
    facts: dict[str, Any] = {
        "version": VERSION,
        "anonymous": anonymous,
        "redaction": redaction.model_dump(mode="json", exclude={"options"}),
        "settings_sha256": settings_digest(settings),
        "looked_for": ["people"]
        + [name for name in ("face", "plate", "text") if getattr(settings, name) is not None]
        + (["screens"] if settings.screens else [])
        + (["areas"] if settings.areas else []),
    }
    if not anonymous:
        facts["label"] = NOT_ANONYMOUS
    if redaction.kind == "adversarial":
        facts["holds_against"] = ONE_NETWORK
    if not redaction.is_ours:
        added = load("redactions", redaction.kind)
        facts["added_by"] = f"{added.distribution} {added.version}"
    return facts


def settings_digest(settings: ImagesSettings) -> str:
    """SHA-256 of all settings: the same ones, the same picture."""
    return hashlib.sha256(canonical(settings.model_dump(mode="json"))).hexdigest()


def signed(content: Mapping[str, Any], key: SigningKey) -> bytes:
    """The manifest ``content`` with the signature of ``key``, as JSON to write."""
    document = {
        "manifest": dict(content),
        "key_id": key.key_id,
        "public_key": key.public,
        "signature": key.sign(PREFIX + canonical(dict(content))),
    }
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def read_manifest(path: Path, trusted: str = "") -> dict[str, Any]:
    """The content of a manifest whose signature is right, and by the key ``trusted`` if given.

    Raises ``ImagesError`` where it is not.
    """
    try:
        document = parse_json(read_input(path, MAX_MANIFEST_BYTES), MAX_MANIFEST_BYTES)
    except OSError as error:
        raise ImagesError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ImagesError(f"{path}: is no manifest: {error}") from error
    members = {"manifest", "key_id", "public_key", "signature"}
    if not isinstance(document, dict) or set(document) != members:
        raise ImagesError(f"{path}: is no manifest of redacted images")
    content, public = document["manifest"], str(document["public_key"])
    if trusted and public != trusted:
        raise ImagesError(f"{path}: is signed by {public}, not by {trusted}")
    try:
        covered = PREFIX + canonical(content)
    except EnvelopeError as error:
        raise ImagesError(f"{path}: is no manifest: {error}") from error
    if not isinstance(content, dict) or not verify_signature(
        public, str(document["signature"]), covered
    ):
        raise ImagesError(f"{path}: was changed after it was signed, or is signed by nobody")
    return content
