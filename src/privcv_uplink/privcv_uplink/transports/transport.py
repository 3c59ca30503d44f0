# SPDX-License-Identifier: Apache-2.0
"""Protocol of a transport: it posts a signed envelope to the collector and returns the answer."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from privcv_uplink.errors import UplinkError

Endpoint = Literal["batches", "devices", "keys", "checkpoints"]


class TransportError(UplinkError):
    """No answer came. ``blocked``: trying again is in vain until somebody acts."""

    def __init__(self, words: str, blocked: bool = False) -> None:
        super().__init__(words)
        self.blocked = blocked


@dataclass(frozen=True)
class Reply:
    """An answer: HTTP's status, its JSON object ({} if there is none), and ``Retry-After``, s."""

    status: int
    content: dict[str, Any] = field(default_factory=dict)
    retry_after_s: float | None = None

    @property
    def error(self) -> str:
        """The collector's code of a refusal, or ''."""
        return str(self.content.get("error", ""))


class Transport(Protocol):
    """One connection, kept open between calls, used by one task at a time."""

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Post ``content`` to ``endpoint``, as batch ``sequence`` of ``device`` (0: no batch).

        Raises ``TransportError`` where no answer came.
        """

    async def close(self) -> None:
        """Close the connection."""
