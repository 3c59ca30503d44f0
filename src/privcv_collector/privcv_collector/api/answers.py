# SPDX-License-Identifier: Apache-2.0
"""What the collector answers, and the refusals that it keeps for auditors."""

from pydantic import BaseModel, ConfigDict, Field


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
