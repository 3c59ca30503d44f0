# SPDX-License-Identifier: Apache-2.0
"""What one collector signs for the other: each request and each answer, by the keys in the task.

TLS keeps others from reading; these signatures say who speaks, whoever terminates TLS. An answer is
signed together with its request, so that it answers no other.
"""

import hashlib
from dataclasses import dataclass

from privcv_across.messages.presentation import integer, opaque
from privcv_core.protocol.signing import SigningKey, verify_signature

_PURPOSE = b"privcv collector to collector 1\n"
LONGEST_S = 300
"""How far the clocks of two collectors may be apart, s."""


@dataclass(frozen=True)
class CollectorRequest:
    """A request from one collector to the other; ``time`` in seconds since 1970."""

    path: str
    time: int
    body: bytes

    def sign(self, key: SigningKey) -> str:
        """The sender's signature, base64url."""
        return key.sign(self._signed)

    def is_by(self, public: str, signature: str, now: float) -> bool:
        """Whether the holder of ``public`` made it, not long before or after ``now``."""
        return abs(now - self.time) <= LONGEST_S and verify_signature(
            public, signature, self._signed
        )

    def sign_answer(self, key: SigningKey, status: int, answer: bytes) -> str:
        """The signature of an answer to it, base64url."""
        return key.sign(self._answered(status, answer))

    def is_answered_by(self, public: str, signature: str, status: int, answer: bytes) -> bool:
        """Whether the holder of ``public`` answered this request so."""
        return verify_signature(public, signature, self._answered(status, answer))

    @property
    def _signed(self) -> bytes:
        return (
            _PURPOSE
            + opaque(self.path.encode(), 2)
            + integer(self.time, 8)
            + hashlib.sha256(self.body).digest()
        )

    def _answered(self, status: int, answer: bytes) -> bytes:
        return self._signed + integer(status, 2) + hashlib.sha256(answer).digest()
