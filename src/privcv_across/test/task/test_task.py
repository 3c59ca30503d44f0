# SPDX-License-Identifier: Apache-2.0
"""A task is what both operators signed; a device takes part if nothing speaks against it."""

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from sum_tasks import (
    DEVICES,
    HELPER,
    LEADER,
    NOW,
    POLICY,
    SEALS,
    content,
    joined,
    key,
    logged,
    rules,
    signed,
)

from privcv_across.attestation.standing import Standing
from privcv_across.errors import TaskError, TaskRefused
from privcv_across.sealing.sealed_report import seal_report
from privcv_across.task.document import Task
from privcv_across.task.joining import join
from privcv_across.task.methods import METHODS
from privcv_across.task.signed_task import SignedTask, sign_task
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.policy import Policy
from privcv_core.protocol import base64url


def test_a_task_is_one_canonical_document() -> None:
    one = signed()
    written = one.encode()
    assert rfc8785.dumps(json.loads(written)) == written
    assert SignedTask.decode(written) == one
    body = rfc8785.dumps(json.loads(written)["task"])
    assert one.task.task_id == hashlib.sha256(body).digest()
    assert json.loads(body) == content()
    for wrong in (b" " + written, written + b"\n", written[:-1], b"", b"[]", b"{}", b"[" * 9000):
        with pytest.raises(TaskError):
            SignedTask.decode(wrong)


def test_what_shares_are_bound_to_follows_from_the_document() -> None:
    configuration = signed().task.sum_task().configuration
    assert configuration.task_info == signed().task.task_id
    assert configuration.encode() == (
        b"\x20" + signed().task.task_id
        + b"\x00\x17https://leader.example/\x00\x17https://helper.example/"
        + (300).to_bytes(8, "big") + (5).to_bytes(8, "big") + b"\x01\x00\x00"
        + bytes.fromhex("00000007" "0010" "00000003" "000000000000003c" "00000005")
        + bytes.fromhex("0014" "0001" "0010")
        + (1_796_083_200 // 300).to_bytes(8, "big") + (31 * 288).to_bytes(8, "big")
    )  # fmt: skip


def test_a_device_that_joined_can_report() -> None:
    task = joined(signed())
    report = seal_report(task, DEVICES[0], 1_796_083_200 // 300, [1, 2, 3])
    assert len(report.encode()) == task.report_size


@pytest.mark.parametrize(
    "changes",
    [
        {"min_sites": 4}, {"noise__epsilon": 0.4}, {"cells": ["a", "b", "c"]},
        {"helper__url": "https://other.example/"}, {"expires": "2027-01-02T00:00:00Z"},
        {"vdaf__parameters__max_value": 61}, {"roster": [device.public for device in DEVICES[:5]]},
    ],
)  # fmt: skip
def test_neither_operator_can_change_it_alone(changes: dict[str, Any]) -> None:
    one = signed()
    other = Task.model_validate(content(**changes))
    assert other.task_id != one.task.task_id
    for leader, helper in (
        (one.leader_signature, one.helper_signature),
        (sign_task(other, LEADER), one.helper_signature),
        (one.leader_signature, sign_task(other, HELPER)),
        (sign_task(other, LEADER), sign_task(other, LEADER)),
        ("", ""),
    ):
        with pytest.raises(TaskError, match="did not sign"):
            SignedTask(other, leader, helper)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v": 2}, "v"),
        ({"kind": "faces"}, "kind"),
        ({"more": 1}, "more"),
        ({"leader__url": "http://leader.example/"}, "leader.url"),
        ({"leader__url": "https://leader.example"}, "leader.url"),
        ({"leader__url": "https://a:b@leader.example/"}, "leader.url"),
        ({"leader__operator__key": "A" * 43}, "leader.operator.key"),
        ({"leader__operator__name": ""}, "leader.operator.name"),
        ({"leader__hpke": "AAAA"}, "ends in the middle"),
        ({"leader__sign": "x"}, "leader.sign"),
        ({"window_s": 59}, "window_s"),
        ({"window_s": 300.5}, "window_s"),
        ({"window_s": "300"}, "window_s"),
        ({"window_s": 700}, "starts of windows"),
        ({"cells": []}, "cells"),
        ({"cells": ["a", "b"]}, "as many counts as cells"),
        ({"cells": ["a", "a", "b"]}, "twice"),
        ({"cells": ["a", "B", "c"]}, "cells"),
        ({"vdaf__id": 2}, "known"),
        ({"vdaf__version": 17}, "vdaf.version"),
        ({"vdaf__parameters": {"length": 3}}, "parameters"),
        ({"vdaf__parameters__max_value": 0}, "maximum"),
        ({"method__sealing": "none"}, "method.sealing"),
        ({"method__sealing": "X25519-SHA256-ChaCha20Poly1305"}, "another suite"),
        ({"method__sum": "no_server"}, "method.sum"),
        ({"method__version": 2}, "method.version"),
        ({"verification": "00" * 31}, "verification"),
        ({"verification": "0F" * 32}, "verification"),
        ({"roster": [device.public for device in DEVICES[::-1]]}, "rising order"),
        ({"roster": [DEVICES[0].public] * 5}, "rising order"),
        ({"min_sites": 1}, "min_sites"),
        ({"min_sites": 7}, "min_sites"),
        ({"noise__votes": 0}, "noise.votes"),
        ({"noise__epsilon": 0}, "noise.epsilon"),
        ({"noise__by": "each device"}, "noise.by"),
        ({"floor_epsilon": 100}, "floor_epsilon"),
        ({"attestation": "some"}, "attestation"),
        ({"expires": "2026-12-01T00:00:00Z"}, "starts of windows"),
        ({"expires": "2029-12-01T00:00:00Z"}, "400 days"),
        ({"begins": "yesterday"}, "begins"),
        ({"begins": "2026-12-01T00:00:01Z"}, "starts of windows"),
    ],
)
def test_what_is_no_task_is_refused_with_the_field(changes: dict[str, Any], field: str) -> None:
    document = rfc8785.dumps(
        {"signatures": {"leader": "", "helper": ""}, "task": content(**changes)}
    )
    with pytest.raises(TaskError) as refused:
        SignedTask.decode(document)
    assert field in str(refused.value)


def test_every_way_to_add_up_is_a_row_of_a_registry() -> None:
    """A task can name each of them; only of shares is there anything to compute with."""
    for (name, version), method in METHODS.items():
        task = Task.model_validate(content(method__sum=name, method__version=version))
        assert task.method.adds is method
        if method.shares:
            assert task.sum_task().task_id == task.task_id
        else:
            with pytest.raises(TaskError, match="has no shares"):
                task.sum_task()


def test_a_name_has_one_spelling() -> None:
    for name in (" leader", "cafe\N{COMBINING ACUTE ACCENT}"):
        document = json.loads(signed(leader__operator__name=name).encode())
        document["task"]["leader"]["operator"]["name"] = name
        with pytest.raises(TaskError, match="NFC"):
            SignedTask.decode(rfc8785.dumps(document))


ATTESTED = Standing(counts_until=NOW + timedelta(hours=1))
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"leaders": frozenset()}, "leader.operator: .* not on this device's list"),
    ({}, {"helpers": frozenset()}, "helper.operator: .* not on this device's list"),
    ({}, {"leaders": frozenset({HELPER.public})}, "leader.operator"),
    ({"helper__operator__name": "THE  Leader's Operator"}, {}, "have one operator"),
    ({"helper__sign": key(5).public}, {}, "share a key"),
    ({"helper__sign": LEADER.public}, {}, "share a key"),
    ({"helper__hpke": base64url.encode(SEALS[0].config.encode())}, {}, "share a key"),
    ({"helper__url": "https://leader.example/"}, {}, "one address"),
    ({}, {"policy": Policy.parse(POLICY.replace("quorum w", "quorum none"))}, "no witness"),
    ({"noise__votes": 2}, {}, "noise.votes"),
    ({"noise__epsilon": 0.51}, {}, "noise.epsilon: 0.51; the ledger has 0.5 left"),
    ({}, {"epsilon_left": 0.0}, "noise.epsilon"),
    ({"floor_epsilon": 9}, {}, "floor_epsilon"),
    ({}, {"device": key(99).public}, "does not name this device"),
    ({"min_sites": 4}, {}, "min_sites: 4; this device asks for 5"),
    ({"method__sum": "one_server"}, {}, "method.sum: one_server proves nothing"),
    ({"attestation": "device"}, {}, "attestation: device: was never attested"),
    ({"attestation": "collectors"}, {"standing": ATTESTED}, "attestation: collector: was never"),
    ({"attestation": "all"}, {"collectors": (ATTESTED, ATTESTED)}, "attestation: device"),
    ({"attestation": "all"}, {"collectors": (ATTESTED, Standing(NOW, "quote: old"))}, "quote: old"),
]


@pytest.mark.parametrize(("changes", "own", "why"), REFUSED)
def test_a_device_refuses_and_says_why(
    changes: dict[str, Any], own: dict[str, Any], why: str
) -> None:
    with pytest.raises(TaskRefused, match=why):
        joined(signed(**changes), **own)


def test_a_task_that_asks_for_proofs_of_state_is_joined_by_who_has_them() -> None:
    attested = {"standing": ATTESTED, "collectors": (ATTESTED, ATTESTED)}
    for asked in ("none", "device", "collectors", "all"):
        joined(signed(attestation=asked), **attested)


def test_one_operator_that_signs_for_both_is_refused() -> None:
    one = signed(helper=LEADER, helper__operator__key=LEADER.public)
    both = frozenset({LEADER.public, HELPER.public})
    with pytest.raises(TaskRefused, match="share a key"):
        joined(one, leaders=both, helpers=both)


def test_all_that_speaks_against_it_is_said_at_once() -> None:
    with pytest.raises(TaskRefused) as refused:
        joined(signed(min_sites=2, noise__epsilon=3.0), leaders=frozenset())
    for part in ("leader.operator", "noise.epsilon", "min_sites"):
        assert part in str(refused.value)


def test_a_task_that_ended_is_refused_and_one_that_has_not_begun_is_not() -> None:
    last = datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    joined(signed(), now=last)
    joined(signed(), now=datetime(2026, 11, 1, tzinfo=timezone.utc))
    with pytest.raises(TaskRefused, match="is past"):
        joined(signed(), now=datetime(2027, 1, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize("how", ["no witness", "another witness", "another task", "not in it"])
def test_a_task_that_is_not_in_the_witnessed_log_is_refused(how: str) -> None:
    one = signed()
    proof = {
        "no witness": logged(one.entry, by=None),
        "another witness": logged(one.entry, by=key(9)),
        "another task": logged(one.entry, signed(min_sites=6).entry),
        "not in it": logged(LogEntry("task", one.task.task_id.hex(), "0" * 64)),
    }[how]
    with pytest.raises(TaskRefused, match="log: "):
        join(one, proof, rules(), NOW)


@pytest.mark.parametrize(
    ("vdaf", "visits"),
    [
        # 3 cells, 3 votes, offset 4: 24 of the cap are kept for offsets and the floor's noise.
        ({"id": 7, "parameters": {"length": 3, "max_value": 60, "chunk_length": 5}}, 12),
        ({"id": 7, "parameters": {"length": 3, "max_value": 24, "chunk_length": 5}}, 0),
        ({"id": 3, "parameters": {"length": 3, "max_measurement": 60, "chunk_length": 5}}, 52),
    ],
)
def test_the_most_visits_of_a_window_leave_room_for_the_floor(
    vdaf: dict[str, Any], visits: int
) -> None:
    assert signed(vdaf={"version": 18, **vdaf}).task.most_visits == visits
