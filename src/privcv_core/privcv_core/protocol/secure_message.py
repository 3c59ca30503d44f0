# SPDX-License-Identifier: Apache-2.0
"""The one conversion of sealed shares to and from their message ``privcv_msgs/SecureReport``."""

from collections.abc import Mapping

from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.secure_release import SecureRelease
from privcv_msgs.msg import SecureReport


def to_secure_message(release: SecureRelease) -> SecureReport:
    """Sealed shares as their message."""
    secure = release.secure
    return SecureReport(
        sequence=release.sequence, task=secure.task, report=list(secure.report_bytes)
    )


def from_secure_message(message: SecureReport, sizes: Mapping[str, int]) -> SecureRelease:
    """The sealed shares that a message holds; raises ``ReleaseError`` where it holds none.

    ``sizes``: by a task's id in hex, how many bytes each report of it has. No other length is
    taken, and no other task: nothing else can be carried in them.
    """
    report, size = bytes(message.report), sizes.get(message.task)
    if size is None:
        raise ReleaseError(f"release {message.sequence}: of a task that this device is not part of")
    if len(report) != size:
        raise ReleaseError(
            f"release {message.sequence}: a report of {len(report)} bytes; its task has {size}"
        )
    return SecureRelease.of(message.sequence, bytes.fromhex(message.task), report)
