# SPDX-License-Identifier: Apache-2.0
"""Protocol of a transport: it posts a signed envelope to the collector and returns the answer."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from privcv_core.protocol.refusal_codes import refusal_code
from privcv_uplink.errors import UplinkError

Endpoint = Literal[
    "batches", "devices", "keys", "checkpoints", "site-records", "health", "evidence"
]


class TransportError(UplinkError):
    """No answer came. ``blocked``: trying again is in vain until somebody acts."""

    def __init__(self, words: str, blocked: bool = False) -> None:
        super().__init__(words)
        self.blocked = blocked


class TooLarge(TransportError):
    """A message is over a limit on the way: less at a time may pass, and nothing is given up."""

    def __init__(self, words: str) -> None:
        super().__init__(words, blocked=True)


@dataclass(frozen=True)
class Reply:
    """An answer: HTTP's status, its JSON object ({} if there is none), and ``Retry-After``, s.

    ``media_type`` is what the answer calls itself, such as ``text/html``.
    """

    status: int
    content: dict[str, Any] = field(default_factory=dict)
    retry_after_s: float | None = None
    media_type: str = ""

    @property
    def error(self) -> str:
        """The collector's code of a refusal; '' where somebody else answered in its place."""
        return refusal_code(self.status, self.content)

    @property
    def in_words(self) -> str:
        """Who answered what: the collector, by its form, or something on the way."""
        if self.error:
            return f"the collector answered {self.status} {self.error}"
        return f"answered {self.status} {self.media_type}".rstrip() + ", not by the collector"


class Transport(Protocol):
    """One connection, kept open between calls, used by one task at a time."""

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Post ``content`` to ``endpoint``, as batch ``sequence`` of ``device`` (0: no batch).

        Raises ``TransportError`` where no answer came.
        """

    async def close(self) -> None:
        """Close the connection."""


@runtime_checkable
class StandingTransport(Transport, Protocol):
    """A transport that stays connected while nothing is sent: others see that it is there."""

    async def connect(self, device: str) -> None:
        """Be connected as ``device``; raises ``TransportError``."""

    async def disconnected(self) -> str:
        """Return why, once the connection is lost; at once where there is none."""
