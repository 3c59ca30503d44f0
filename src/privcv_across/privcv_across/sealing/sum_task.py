# SPDX-License-Identifier: Apache-2.0
"""What device, leader and helper agree on, to share, seal, open and verify reports of a task."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from privcv_across.messages.basic import (
    REPORT_ID_SIZE,
    TASK_ID_SIZE,
    Extension,
    HpkeCiphertext,
    ReportMetadata,
    Role,
)
from privcv_across.messages.configuration import (
    TASK_INTERVAL,
    TaskConfiguration,
    read_task_interval,
)
from privcv_across.messages.presentation import exactly
from privcv_across.messages.report import PlaintextInputShare, Report
from privcv_across.noise.floor import Floor
from privcv_across.sealing.hpke import KEY_SIZE, OVERHEAD, HpkeConfig
from privcv_across.vdaf.prio3 import Prio3
from privcv_across.vdaf.registry import build_sum

DRAFT = b"dap-18"
DEVICE_SIGNATURE = 0xFF01
"""Kind of the public extension with the device's key and signature: of those for private use."""
SIGNATURE_SIZE = 64


@dataclass(frozen=True)
class SumTask:
    """A task as those who take part in it compute with it."""

    task_id: bytes
    configuration: TaskConfiguration
    parameters: dict[str, int]
    leader: HpkeConfig
    helper: HpkeConfig
    verification: bytes
    """SHA-256 of the key by which both collectors verify: see ``Aggregator``."""
    roster: frozenset[bytes] = field(repr=False)
    """Public Ed25519 keys of the devices that take part, 32 bytes each."""
    floor: Floor | None = None
    """What each device puts under its counts; None: nothing, they are shared as they are."""

    def __post_init__(self) -> None:
        exactly("task id", self.task_id, TASK_ID_SIZE)
        exactly("digest of the verification key", self.verification, TASK_ID_SIZE)

    @cached_property
    def prio3(self) -> Prio3[Any]:
        """The sum; raises ``ParameterError``."""
        return build_sum(self.configuration.vdaf_type, self.parameters)

    @property
    def context(self) -> bytes:
        """What every stream of random numbers of the sum is bound to (DAP, 4.4.2.1)."""
        return DRAFT + self.task_id

    def info(self, receiver: Role) -> bytes:
        """What sealing for ``receiver`` is bound to, beside the report (DAP, 4.4.2.1)."""
        return DRAFT + b" input share" + bytes([Role.CLIENT, receiver])

    def takes_time(self, time: int) -> bool:
        """Whether reports of the window ``time`` are taken: DAP, 4.2.3."""
        return all(
            start <= time < start + duration
            for start, duration in (
                read_task_interval(extension)
                for extension in self.configuration.extensions
                if extension.kind == TASK_INTERVAL
            )
        )

    @cached_property
    def report_size(self) -> int:
        """Bytes of every report of this task, whatever it says."""
        extension = Extension(DEVICE_SIGNATURE, bytes(KEY_SIZE + SIGNATURE_SIZE))
        metadata = ReportMetadata(bytes(REPORT_ID_SIZE), 0, (extension,))
        leader, helper = (
            HpkeCiphertext(0, bytes(KEY_SIZE), bytes(self.sealed_size(role)))
            for role in (Role.LEADER, Role.HELPER)
        )
        public = bytes(self.prio3.public_share_size)
        return len(Report(metadata, public, leader, helper).encode())

    def share_size(self, receiver: Role) -> int:
        """Bytes of the input share for ``receiver``."""
        leader = receiver is Role.LEADER
        return self.prio3.leader_share_size if leader else self.prio3.helper_share_size

    def sealed_size(self, receiver: Role) -> int:
        """Bytes of that share sealed."""
        plaintext = PlaintextInputShare(bytes(self.share_size(receiver))).encode()
        return len(plaintext) + OVERHEAD
