# SPDX-License-Identifier: Apache-2.0
"""What the device signs is what the collector keeps and what verification reads: one grammar."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from privcv_core.audit.checkpoints import read_checkpoints, seal_checkpoint, take_checkpoint
from privcv_core.audit.entry import AuditLogError
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import parse, seal
from privcv_core.protocol.signing import SigningKey, VerifyKey

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=timezone.utc)
DEVICE = "ab" * 16


def test_a_checkpoint_sealed_by_the_uplink_is_read_by_verification(tmp_path: Path) -> None:
    with AuditLog(AuditSettings(folder=tmp_path / "audit"), "aggregation") as log:
        log.append("budget.spent", camera="lobby", sequence=1, epsilon=0.25, delta=1e-9)
    taken = take_checkpoint(tmp_path / "audit", NOW)
    key = SigningKey.generate()
    sealed = seal(key, DEVICE, 0, NOW, canonical(taken.body()))
    assert sealed == seal_checkpoint(taken, DEVICE, key)
    envelope = parse(sealed)
    assert envelope.verify(VerifyKey.load("Ed25519", key.public))
    assert envelope.body == taken.body()
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(sealed + b"\n")
    assert read_checkpoints(kept, key.public) == [taken]


def test_checkpoints_from_before_and_after_a_rotation_are_verified_by_their_keys(
    tmp_path: Path,
) -> None:
    with AuditLog(AuditSettings(folder=tmp_path / "audit"), "aggregation"):
        taken = take_checkpoint(tmp_path / "audit", NOW)
    old, new, stranger = (SigningKey.generate() for _ in range(3))
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(b"".join(seal_checkpoint(taken, DEVICE, key) + b"\n" for key in (old, new)))
    assert read_checkpoints(kept, old.public, new.public) == [taken, taken]
    with pytest.raises(AuditLogError, match=f":1: .*signed with key {old.key_id}.*--key"):
        read_checkpoints(kept, new.public)
    with pytest.raises(AuditLogError, match="signed with key"):
        read_checkpoints(kept, stranger.public)
    named = seal_checkpoint(taken, DEVICE, stranger).replace(
        stranger.key_id.encode(), new.key_id.encode()
    )
    kept.write_bytes(named)  # it names a key that it is not signed with
    with pytest.raises(AuditLogError, match="signature does not fit"):
        read_checkpoints(kept, old.public, new.public)
