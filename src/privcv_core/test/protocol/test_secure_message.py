# SPDX-License-Identifier: Apache-2.0
"""The message of sealed shares holds all of them, and nothing of another length."""

import pytest

pytest.importorskip("rclpy", reason="needs the built messages and ROS 2")

from rclpy.serialization import deserialize_message, serialize_message

from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.secure_message import from_secure_message, to_secure_message
from privcv_core.protocol.secure_release import SecureRelease
from privcv_msgs.msg import SecureReport


def test_sealed_shares_come_back_as_they_were_and_at_no_other_length() -> None:
    release = SecureRelease.of(7, bytes(32), bytes(range(256)))
    task, message = "00" * 32, to_secure_message(release)
    read = deserialize_message(serialize_message(message), SecureReport)
    assert from_secure_message(read, {task: 256}).canonical() == release.canonical()
    for sizes, words in (
        ({task: 255}, "256 bytes; its task has 255"),
        ({task: 257}, "256 bytes; its task has 257"),
        ({"11" * 32: 256}, "not part of"),
    ):
        with pytest.raises(ReleaseError, match=words):
            from_secure_message(read, sizes)
    message.sequence = 0
    with pytest.raises(ReleaseError, match="sequence"):
        from_secure_message(message, {task: 256})
