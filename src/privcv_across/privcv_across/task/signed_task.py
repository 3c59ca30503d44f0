# SPDX-License-Identifier: Apache-2.0
"""A task with the signatures of both operators: without both it is a draft, and no task."""

import hashlib
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
        signed = _PURPOSE + self.task.encode()
        for role, signature in (
            ("leader", self.leader_signature),
            ("helper", self.helper_signature),
        ):
            operator = getattr(self.task, role).operator
            if not verify_signature(operator.key, signature, signed):
                raise TaskError(
                    f"task: the operator of the {role}, {operator.name}, did not sign it as it is"
                )

    def encode(self) -> bytes:
        """Its bytes: canonical JSON."""
        signatures = {"helper": self.helper_signature, "leader": self.leader_signature}
        return canonical({"signatures": signatures, "task": self.task.model_dump()})

    @classmethod
    def decode(cls, content: bytes) -> "SignedTask":
        """Raises ``TaskError`` naming the field."""
        if len(content) > MOST_BYTES:
            raise TaskError(f"task: {len(content)} bytes; at most {MOST_BYTES} are read")
        try:
            found = read_canonical(content)
        except EnvelopeError as error:
            raise TaskError(f"task: {error}") from error
        signatures = found.get("signatures")
        if set(found) != {"signatures", "task"} or not _are_two(signatures):
            raise TaskError("task: has the members task, and signatures of leader and helper")
        assert isinstance(signatures, dict)
        try:
            task = Task.model_validate(found["task"])
        except ValidationError as error:
            raise TaskError(f"task: {describe(error, Task)}") from error
        except RecursionError as error:
            raise TaskError("task: is nested too deeply") from error
        signed = cls(task, signatures["leader"], signatures["helper"])
        if signed.encode() != content:
            raise TaskError("task: a name in it is not written as it is read; normalize it (NFC)")
        return signed

    @property
    def entry(self) -> LogEntry:
        """What has to stand in the log before the task is used."""
        digest = hashlib.sha256(self.encode()).hexdigest()
        return LogEntry("task", self.task.task_id.hex(), digest)


def _are_two(signatures: Any) -> bool:
    return (
        isinstance(signatures, dict)
        and set(signatures) == {"leader", "helper"}
        and all(isinstance(one, str) and len(one) <= 128 for one in signatures.values())
    )
