# SPDX-License-Identifier: Apache-2.0
"""A task on its way: with the signatures of none, one or both of its operators.

It goes from one operator to the other as a file. Each signs where their key is; nothing in it can
change from then on, since a signature is over all of it.
"""

from dataclasses import dataclass, field

from privcv_across.errors import TaskError
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.shared_key import verification_of
from privcv_across.task.document import Collector, Task
from privcv_across.task.joining import one_owner
from privcv_across.task.signed_task import (
    ROLES,
    SignedTask,
    check_signature,
    decode_task,
    encode_task,
    sign_task,
)
from privcv_core.protocol.signing import SigningKey


@dataclass(frozen=True)
class Draft:
    """Signatures (by role, base64url) are verified as it is made: ``TaskError``."""

    task: Task
    signatures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for reason in one_owner(self.task):
            raise TaskError(f"task: {reason}")
        for role, signature in self.signatures.items():
            check_signature(self.task, role, signature)

    def encode(self) -> bytes:
        """Its bytes; with both signatures those of the ``SignedTask``."""
        return encode_task(self.task, self.signatures)

    @classmethod
    def decode(cls, content: bytes) -> "Draft":
        """Raises ``TaskError`` naming the field."""
        return cls(*decode_task(content))

    @property
    def missing(self) -> list[str]:
        """The roles whose operators did not sign yet."""
        return sorted(ROLES - set(self.signatures))

    def sign(self, operator: SigningKey) -> "Draft":
        """With the signature of the operator whose key this is; raises ``TaskError``."""
        for role in sorted(ROLES):
            named = getattr(self.task, role).operator
            if named.key != operator.public:
                continue
            if role in self.signatures:
                raise TaskError(f"task: {named.name} signed it already; hand it to the other one")
            return Draft(self.task, {**self.signatures, role: sign_task(self.task, operator)})
        raise TaskError(
            "task: names another key for either operator; sign with operator.pem of one"
        )

    def finished(self) -> SignedTask:
        """The task; raises ``TaskError`` where it is a draft still."""
        return SignedTask.decode(self.encode())

    def check_verification(self, sealing: HpkeKey) -> None:
        """Whether the task commits to the key that this collector and the other one verify by.

        Raises ``TaskError``, also where ``sealing`` is of neither collector.
        """
        wanted = verification(sealing, self.task.leader, self.task.helper)
        if wanted != self.task.verification:
            raise TaskError("task: verification: is of another key than both collectors have")


def verification(sealing: HpkeKey, leader: Collector, helper: Collector) -> str:
    """What a task of both has to say in ``verification``.

    Raises ``TaskError`` where ``sealing`` is of neither.
    """
    configs = [leader.config, helper.config]
    if sealing.config not in configs:
        raise TaskError("sealing key: is of neither collector; name sealing.json of one of them")
    other = configs[1 - configs.index(sealing.config)]
    return verification_of(sealing, other.public_key)
