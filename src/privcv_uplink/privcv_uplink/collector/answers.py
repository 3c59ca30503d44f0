# SPDX-License-Identifier: Apache-2.0
"""What the collector answers, and the refusals that it keeps for auditors."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


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


class Model(BaseModel):
    """Base of the bodies in the API's description."""

    model_config = ConfigDict(extra="forbid")


class ErrorAnswer(BaseModel):
    """Why a request was refused."""

    error: str = Field(description="A word for programs, such as 'bad_signature'.")
    message: str = Field(description="The same for people.")


class BatchAnswer(Model):
    """What became of a batch."""

    accepted: int = Field(ge=0, description="Releases that were new.")
    duplicate: bool = Field(description="True: the batch was here before; nothing was stored.")
    next_sequence: int = Field(ge=1, description="Number of the batch expected next.")


class DeviceAnswer(Model):
    """An enrolled device."""

    device: str
    next_sequence: int = Field(ge=1, description="Number of the batch expected next.")


class KeyAnswer(Model):
    """A rotated key."""

    key_id: str
    previous_expires_at: str = Field(description="Until then the older keys are taken too.")


class CheckpointAnswer(Model):
    """What a checkpoint says about the log, compared with those before it."""

    verdict: str = Field(description="'ok', 'fork' or 'truncated'.")
    duplicate: bool
