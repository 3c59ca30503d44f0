# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: where every chain of audit logs stood, signed, for keeping outside the device.

A hash chain shows every change before its end, but its end can be cut off, and written anew.
Whoever holds a checkpoint from before that sees it. The uplink sends one to the collector every
few minutes; ``privcv audit log checkpoint`` writes one to a file that can be carried away. What
was appended after the newest checkpoint that is kept elsewhere is not covered by it.

A kept checkpoint has the grammar of the uplink's signed envelope: canonical JSON with ``alg``,
``body`` (``{"checkpoint": {"heads": {chain: {"hash", "sequence"}}, "time": …}}``), ``device``,
``key_id``, ``sent_at``, ``sequence`` (0), ``signature``, ``v`` (1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785

from privcv_core.audit.entry import AuditLogError, Head
from privcv_core.audit.files import chains_in
from privcv_core.audit.retention import Sighting
from privcv_core.audit.verify import verify_chain
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.regular_file import open_to_read
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey, VerifyKey, verify_signature
from privcv_core.protocol.timestamps import parse_rfc3339, rfc3339_whole

NEWEST = 2**63
"""As ``since``: the newest files only."""


@dataclass(frozen=True)
class Checkpoint:
    """The heads of all chains at one time (RFC 3339, UTC, whole seconds)."""

    time: str
    heads: Mapping[str, Head]

    def sighting(self, chain: str) -> Sighting:
        """When ``chain``, which must be one of its, was seen to end where it says."""
        return Sighting(parse_rfc3339(self.time).timestamp(), self.heads[chain].sequence)

    def body(self) -> dict[str, Any]:
        """The checkpoint as the body of a signed envelope."""
        heads = {
            chain: {"hash": head.hash, "sequence": head.sequence}
            for chain, head in self.heads.items()
        }
        return {"checkpoint": {"heads": heads, "time": self.time}}


def take_checkpoint(
    folder: Path, now: datetime, kept: Iterable[Checkpoint] = (), *, newest_only: bool = False
) -> Checkpoint:
    """Where the chains in ``folder`` stand, after all of them were verified against ``kept``.

    What an earlier checkpoint in ``kept`` covers is not read again; with ``newest_only`` nothing
    but the newest files is, for those who start and cannot wait. Files of users who may not write
    their chain are none of it. Raises ``AuditLogError`` where a chain is broken: a broken log is
    never signed.
    """
    kept = list(kept)
    heads = {}
    for chain in sorted({*chains_in(folder), *(name for point in kept for name in point.heads)}):
        known = [point.heads[chain] for point in kept if chain in point.heads]
        verified = max((head.sequence for head in known), default=0)
        since = NEWEST if newest_only and not verified else verified
        report = verify_chain(folder, chain, [h for h in known if h.sequence == verified], since)
        if not report.entries and not known and report.may_be_under_way:
            continue  # its writer has just made the file
        if broken := [one for one in report.problems if one not in report.strange]:
            raise AuditLogError(f"{folder}: {broken[0]}; no checkpoint is taken")
        if report.head.sequence:
            heads[chain] = report.head
    return Checkpoint(rfc3339_whole(now), heads)


def seal_checkpoint(checkpoint: Checkpoint, device: str, key: SigningKey) -> bytes:
    """The signed checkpoint, as it is kept: one line of canonical JSON without a line end."""
    content: dict[str, Any] = {
        "alg": key.alg,
        "body": checkpoint.body(),
        "device": device,
        "key_id": key.key_id,
        "sent_at": checkpoint.time,
        "sequence": 0,
        "v": 1,
    }
    return rfc8785.dumps({**content, "signature": key.sign(rfc8785.dumps(content))})


def read_checkpoints(path: Path, *public_keys: str) -> list[Checkpoint]:
    """Kept checkpoints from a file of lines, each verified with the device's key that it names.

    ``public_keys`` are those that the device ever had (Ed25519): after a rotation older lines are
    signed by older keys. Raises ``AuditLogError`` naming the line that is not a checkpoint or is
    signed by none of them, and that key's id; or a key that cannot be used.
    """
    try:
        keys = {VerifyKey.load("Ed25519", key).key_id: key for key in public_keys}
    except EnvelopeError as error:
        raise AuditLogError(f"{path}: cannot be verified with this key: {error}") from error
    try:
        with open_to_read(path, follow=True) as file:
            lines = file.read().splitlines()
    except OSError as error:
        raise AuditLogError(f"{path}: cannot be read: {error.strerror}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(_open(parse_json(line), keys))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise AuditLogError(f"{path}:{number}: is not a checkpoint: {error}") from error
    return found


def _open(content: dict[str, Any], keys: Mapping[str, str]) -> Checkpoint:
    signature = content.pop("signature")
    key_id = str(content["key_id"])
    if key_id not in keys:
        known = ", ".join(sorted(keys))
        raise ValueError(
            "the signature does not fit the device's key: it is signed with key "
            f"{key_id[:16]}; name that one too (--key), beside {known}"
        )
    if not verify_signature(keys[key_id], signature, rfc8785.dumps(content)):
        raise ValueError("the signature does not fit the device's key")
    checkpoint = content["body"]["checkpoint"]
    heads = {
        str(chain): Head(int(head["sequence"]), str(head["hash"]))
        for chain, head in checkpoint["heads"].items()
    }
    parse_rfc3339(str(checkpoint["time"]))
    return Checkpoint(str(checkpoint["time"]), heads)
