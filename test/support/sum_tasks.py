# SPDX-License-Identifier: Apache-2.0
"""A task of three cells, both operators' signatures, the log that it is in, and who believes it."""

import hashlib
from datetime import datetime, timezone
from typing import Any

from privcv_across.sealing.hpke import HpkeKey
from privcv_across.task.document import Task
from privcv_across.task.joining import JoinRules, join
from privcv_across.task.signed_task import SignedTask, sign_task
from privcv_across.transparency.checkpoint_note import TreeHead, cosign, sign_head
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.merkle_tree import MerkleTree
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import COSIGNATURE_KEY, LOG_KEY, NoteKey, SignedNote
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey


def key(number: int) -> SigningKey:
    return SigningKey("Ed25519", bytes([number]) * 32)


LEADER, HELPER, LOG, WITNESS = key(1), key(2), key(3), key(4)
DEVICES = sorted((key(number) for number in range(20, 26)), key=lambda one: one.public)
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=timezone.utc)
SEALS = [HpkeKey(number, bytes([number]) * 32) for number in (1, 2)]


def collector(role: str, operator: SigningKey, seal: HpkeKey, signs: int) -> dict[str, Any]:
    return {
        "url": f"https://{role}.example/",
        "operator": {"name": f"The {role}'s operator", "key": operator.public},
        "hpke": base64url.encode(seal.config.encode()),
        "sign": key(signs).public,
    }


def content(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "v": 1, "kind": "counts",
        "leader": collector("leader", LEADER, SEALS[0], 5),
        "helper": collector("helper", HELPER, SEALS[1], 6),
        "window_s": 300, "cells": ["entrance/standing", "entrance/walking", "hall"],
        "vdaf": {"id": 7, "version": 18,
                 "parameters": {"length": 3, "max_value": 60, "chunk_length": 5}},
        "method": {"sealing": "X25519-SHA256-AES128GCM", "sum": "two_collectors", "version": 1},
        "verification": hashlib.sha256(bytes(32)).hexdigest(),
        "roster": [device.public for device in DEVICES],
        "min_sites": 5, "close_after_s": 900,
        "noise": {"mechanism": "discrete_laplace", "by": "each collector", "votes": 3,
                  "epsilon": 0.5},
        "floor_epsilon": 8.0, "attestation": "none",
        "begins": "2026-12-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z",
    }  # fmt: skip
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = made
        for name in parents:
            place = place[name]
        place[last] = value
    return made


def signed(leader: SigningKey = LEADER, helper: SigningKey = HELPER, **changes: Any) -> SignedTask:
    task = Task.model_validate(content(**changes))
    return SignedTask(task, sign_task(task, leader), sign_task(task, helper))


def logged(*entries: LogEntry, by: SigningKey | None = WITNESS) -> LogProof:
    """The proof of the last of ``entries``."""
    tree = MerkleTree()
    for entry in entries:
        tree.append(entry.leaf)
    note = sign_head(TreeHead("log.example", len(tree), tree.root()), LOG)
    if by:
        cosignature = cosign(note, "witness.example", by, 1_700_000_000)
        note = SignedNote(note.text, (*note.signatures, cosignature))
    return LogProof(len(tree) - 1, tuple(tree.inclusion_proof(len(tree) - 1)), note)


WITNESS_VKEY = NoteKey.of("witness.example", COSIGNATURE_KEY, WITNESS).encode()
POLICY = (
    f"log {NoteKey.of('log.example', LOG_KEY, LOG).encode()}\nwitness w {WITNESS_VKEY}\nquorum w\n"
)


def rules(**changes: Any) -> JoinRules:
    given: dict[str, Any] = {
        "device": DEVICES[0].public, "leaders": frozenset({LEADER.public}),
        "helpers": frozenset({HELPER.public}), "policy": Policy.parse(POLICY), "min_sites": 5,
        "votes": 3, "epsilon_left": 0.5, "largest_floor_epsilon": 8.0,
    }  # fmt: skip
    return JoinRules(**{**given, **changes})


def joined(one: SignedTask, now: datetime = NOW, **changes: Any) -> Any:
    return join(one, logged(LogEntry("model", "m", "0" * 64), one.entry), rules(**changes), now)
