# SPDX-License-Identifier: Apache-2.0
"""``TaskConfiguration`` (DAP, 4.2): what every sealed share is bound to.

Whoever opens a share with another idea of the task cannot open it.
"""

from dataclasses import dataclass

from privcv_across.messages.basic import (
    BatchMode,
    Extension,
    encode_extensions,
    read_extensions,
)
from privcv_across.messages.presentation import Reader, exactly, integer, opaque

TASK_INTERVAL = 1
"""Kind of the extension that bounds the times of reports."""
LONGEST_URL = 2048


@dataclass(frozen=True)
class TaskConfiguration:
    """The parameters of a task that all parties agree on. ``time_precision`` in seconds."""

    task_info: bytes
    leader: str
    helper: str
    time_precision: int
    min_batch_size: int
    vdaf_type: int
    vdaf_configuration: bytes
    batch_mode: BatchMode = BatchMode.TIME_INTERVAL
    extensions: tuple[Extension, ...] = ()

    def encode(self) -> bytes:
        """Its bytes; raises ``MalformedMessage`` for what has none."""
        return b"".join(
            (
                opaque(self.task_info, 1),
                opaque(self.leader.encode("ascii"), 2),
                opaque(self.helper.encode("ascii"), 2),
                integer(self.time_precision, 8),
                integer(self.min_batch_size, 8),
                integer(self.batch_mode, 1),
                opaque(b"", 2),  # both batch modes have no parameters
                integer(self.vdaf_type, 4),
                opaque(self.vdaf_configuration, 2),
                encode_extensions(self.extensions),
            )
        )

    @classmethod
    def decode(cls, content: bytes) -> "TaskConfiguration":
        """Raises ``MalformedMessage``."""
        reader = Reader("task configuration", content)
        task_info = reader.opaque(1, 1)
        leader, helper = (_url(reader) for _ in range(2))
        time_precision, min_batch_size = reader.integer(8), reader.integer(8)
        batch_mode = BatchMode.read(reader)
        reader.opaque(2, 0, 0)
        found = cls(
            task_info,
            leader,
            helper,
            time_precision,
            min_batch_size,
            reader.integer(4),
            reader.opaque(2, 0, 256),
            batch_mode,
            read_extensions(reader),
        )
        reader.end()
        return found


def task_interval(start: int, duration: int) -> Extension:
    """The extension by which a task takes reports of this time only; in ``time_precision``."""
    return Extension(TASK_INTERVAL, integer(start, 8) + integer(duration, 8))


def read_task_interval(extension: Extension) -> tuple[int, int]:
    """(start, duration) of what ``task_interval`` made; raises ``MalformedMessage``."""
    data = exactly("task interval", extension.data, 16)
    return int.from_bytes(data[:8], "big"), int.from_bytes(data[8:], "big")


def _url(reader: Reader) -> str:
    content = reader.opaque(2, 1, LONGEST_URL)
    if not all(0x21 <= byte <= 0x7E for byte in content):
        raise reader.malformed("an address holds what is not ASCII")
    return content.decode("ascii")
