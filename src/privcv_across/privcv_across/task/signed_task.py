# SPDX-License-Identifier: Apache-2.0
"""A task with the signatures of both operators: without both it is a draft, and no task."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from privcv_across.errors import TaskError
from privcv_across.task.document import Task
from privcv_across.transparency.log_entry import LogEntry
from privcv_core.protocol.canonical_json import canonical, read_canonical
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey, verify_signature
from privcv_core.settings.model import describe

MOST_BYTES = 1 << 20
ROLES = frozenset({"leader", "helper"})
_PURPOSE = b"privcv task\n"


def sign_task(task: Task, operator: SigningKey) -> str:
    """The signature of one of the operators; each makes theirs where their key is."""
    return operator.sign(_PURPOSE + task.encode())


@dataclass(frozen=True)
class SignedTask:
    """Both signatures (base64url) are verified as it is made: ``TaskError``."""

    task: Task
    leader_signature: str
    helper_signature: str

    def __post_init__(self) -> None:
        for role, signature in (
            ("leader", self.leader_signature),
            ("helper", self.helper_signature),
        ):
            check_signature(self.task, role, signature)

    def encode(self) -> bytes:
        """Its bytes: canonical JSON."""
        return encode_task(
            self.task, {"helper": self.helper_signature, "leader": self.leader_signature}
        )

    @classmethod
    def decode(cls, content: bytes) -> "SignedTask":
        """Raises ``TaskError`` naming the field."""
        task, signatures = decode_task(content)
        if set(signatures) != ROLES:
            missing = " and ".join(sorted(ROLES - set(signatures)))
            raise TaskError(f"task: is a draft, without the signature of the {missing}'s operator")
        return cls(task, signatures["leader"], signatures["helper"])

    @property
    def entry(self) -> LogEntry:
        """What has to stand in the log before the task is used."""
        digest = hashlib.sha256(self.encode()).hexdigest()
        return LogEntry("task", self.task.task_id.hex(), digest)


def check_signature(task: Task, role: str, signature: str) -> None:
    """Raises ``TaskError`` where the operator of ``role`` did not sign this task."""
    operator = getattr(task, role).operator
    if not verify_signature(operator.key, signature, _PURPOSE + task.encode()):
        raise TaskError(
            f"task: the operator of the {role}, {operator.name}, did not sign it as it is"
        )


def encode_task(task: Task, signatures: Mapping[str, str]) -> bytes:
    """A task with its signatures by role, of which some may be missing: canonical JSON."""
    return canonical({"signatures": dict(signatures), "task": task.model_dump()})


def decode_task(content: bytes) -> tuple[Task, dict[str, str]]:
    """What ``encode_task`` wrote, its signatures not verified; raises ``TaskError``."""
    if len(content) > MOST_BYTES:
        raise TaskError(f"task: {len(content)} bytes; at most {MOST_BYTES} are read")
    try:
        found = read_canonical(content)
    except EnvelopeError as error:
        raise TaskError(f"task: {error}") from error
    signatures = found.get("signatures")
    if set(found) != {"signatures", "task"} or not _are_signatures(signatures):
        raise TaskError("task: has the members task, and signatures of leader and helper")
    assert isinstance(signatures, dict)
    try:
        task = Task.model_validate(found["task"])
    except ValidationError as error:
        raise TaskError(f"task: {describe(error, Task)}") from error
    except RecursionError as error:
        raise TaskError("task: is nested too deeply") from error
    if encode_task(task, signatures) != content:
        raise TaskError("task: a name in it is not written as it is read; normalize it (NFC)")
    return task, signatures


def _are_signatures(signatures: Any) -> bool:
    return (
        isinstance(signatures, dict)
        and set(signatures) <= ROLES
        and all(isinstance(one, str) and len(one) <= 128 for one in signatures.values())
    )
