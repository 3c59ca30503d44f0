# SPDX-License-Identifier: Apache-2.0
"""Refusals: what a request that is not granted becomes, for its sender and for auditors."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Refused(Exception):
    """A request that is not granted: becomes a 4xx or 503 answer, and a row of ``refusals``."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        device: str | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.device = device
        self.headers = headers or {}
        self.extra = extra

    def content(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": self.error, "message": self.message, **self.extra}


@dataclass(frozen=True)
class Refusal:
    """One row of the audit: who was refused what, and why."""

    at: datetime
    error: str
    message: str
    path: str
    device: str | None
    peer: str | None
    times: int = 1


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer that was decided inside a transaction."""

    status: int
    content: dict[str, Any]
    refused: Refused | None = field(default=None)


def busy(message: str) -> Refused:
    """An answer that asks to try again."""
    return Refused(503, "busy", message, headers={"Retry-After": "1"})
