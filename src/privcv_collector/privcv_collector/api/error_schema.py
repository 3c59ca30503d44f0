# SPDX-License-Identifier: Apache-2.0
"""The body of every answer that is not 2xx, for the API's description."""

from typing import Any

from pydantic import BaseModel, Field


class ErrorAnswer(BaseModel):
    """Why a request was refused."""

    error: str = Field(description="A word for programs, such as 'bad_signature'.")
    message: str = Field(description="The same for people.")


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a router whose routes may answer with these HTTP statuses."""
    return {status: {"model": ErrorAnswer} for status in statuses}
