# SPDX-License-Identifier: Apache-2.0
"""Whether a device takes part in a task: only if nothing speaks against it.

The device trusts no one collector, and no operator to choose the other: its own list says who may
be which. A new site means a new task with another id, which is seen in the log and paid for anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from privcv_across.attestation.standing import Standing, unmet
from privcv_across.errors import LogError, TaskRefused
from privcv_across.sealing.sum_task import SumTask
from privcv_across.task.document import Task
from privcv_across.task.signed_task import SignedTask
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.policy import NONE, Policy


@dataclass(frozen=True)
class JoinRules:
    """What a device asks of a task. It comes from its site file, never from a collector."""

    device: str
    """Its public key, base64url."""
    leaders: frozenset[str]
    """Keys of the operators that it takes as leader, base64url."""
    helpers: frozenset[str]
    policy: Policy
    """The logs and the witnesses that it believes."""
    min_sites: int
    votes: int
    """Cells that it lets one visit count in: what it bounds before it shares."""
    epsilon_left: float
    """What its ledger has left of a visit for totals over sites."""
    largest_floor_epsilon: float
    """What a visit may be worth to two collectors who share what they have."""
    standing: Standing = field(default_factory=Standing)
    """Where this device stands with those who appraise it; by default nobody ever did."""
    collectors: tuple[Standing, Standing] = field(default_factory=lambda: (Standing(), Standing()))
    """Where leader and helper stand with this device."""


def join(signed: SignedTask, proof: LogProof, rules: JoinRules, now: datetime) -> SumTask:
    """The task to take part in; raises ``TaskRefused``, which tells all that speaks against it."""
    reasons = [*_of_method(signed.task), *_of_operators(signed.task, rules)]
    reasons += [*one_owner(signed.task), *not_logged(signed, proof, rules.policy)]
    reasons += [*_of_budget(signed.task, rules), *_of_sites(signed.task, rules, now)]
    reasons += unmet(signed.task.attestation, rules.standing, rules.collectors, now)
    if reasons:
        raise TaskRefused(f"task {signed.task.task_id.hex()[:16]}: {'; '.join(reasons)}")
    return signed.task.sum_task()


def _of_method(task: Task) -> Iterator[str]:
    method = task.method.adds
    if not (method.proved and method.shares):
        yield f"method.sum: {task.method.sum} proves nothing of the others; devices take no part"


def _of_operators(task: Task, rules: JoinRules) -> Iterator[str]:
    leader, helper = task.leader, task.helper
    for role, collector, known in (
        ("leader", leader, rules.leaders),
        ("helper", helper, rules.helpers),
    ):
        if collector.operator.key not in known:
            yield f"{role}.operator: {collector.operator.name} is not on this device's list"


def one_owner(task: Task) -> Iterator[str]:
    """What shows that both collectors are one operator's, in words."""
    leader, helper = task.leader, task.helper
    keys = {leader.operator.key, leader.sign}, {helper.operator.key, helper.sign}
    if keys[0] & keys[1] or leader.config.public_key == helper.config.public_key:
        yield "leader, helper: share a key; two collectors of one owner are one"
    if _same(leader.operator.name, helper.operator.name):
        yield "leader, helper: have one operator; two collectors of one owner are one"
    if leader.url == helper.url:
        yield "leader.url, helper.url: are one address"


def not_logged(signed: SignedTask, proof: LogProof, policy: Policy) -> Iterator[str]:
    """Why the task does not stand in a log that is believed, in words."""
    if policy.quorum == NONE:
        yield "policy: asks for no witness; name a quorum"
    try:
        proof.check(signed.entry, policy)
    except LogError as error:
        yield f"log: {error}"


def _of_budget(task: Task, rules: JoinRules) -> Iterator[str]:
    noise = task.noise
    if noise.votes < rules.votes:
        yield f"noise.votes: {noise.votes}; a visit counts in up to {rules.votes} cells here"
    if noise.epsilon > rules.epsilon_left:
        yield f"noise.epsilon: {noise.epsilon:g}; the ledger has {rules.epsilon_left:g} left"
    if task.floor_epsilon > rules.largest_floor_epsilon:
        yield f"floor_epsilon: {task.floor_epsilon:g}; at most {rules.largest_floor_epsilon:g} here"


def _of_sites(task: Task, rules: JoinRules, now: datetime) -> Iterator[str]:
    if rules.device not in task.roster:
        yield "roster: does not name this device"
    if task.min_sites < rules.min_sites:
        yield f"min_sites: {task.min_sites}; this device asks for {rules.min_sites}"
    if now >= task.interval[1]:
        yield f"expires: {task.expires} is past"


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
