# SPDX-License-Identifier: Apache-2.0
"""What a verifier takes: the appraisal policy for evidence (RFC 9334, 8.5)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Digest = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{64}|[0-9a-f]{96})$")]
Pcr = Annotated[int, Field(ge=0, le=23)]


class AttestationPolicy(BaseModel):
    """Reference values, and for how long a result counts. An empty one appraises signatures only,
    and says so: its results are warnings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pcrs: dict[Pcr, list[Digest]] = Field(
        default={}, description="TPM: registers that must be quoted, and the values each may have."
    )
    measurements: list[Digest] = Field(
        default=[], description="TDX: MRTD; SGX: MRENCLAVE; any of these."
    )
    statuses: list[str] = Field(
        default=["UpToDate"], description="TDX, SGX: states of the platform (TCB) that are taken."
    )
    valid_s: int = Field(default=3600, ge=60, le=7 * 86_400, description="A result counts so long.")
    grace_s: int = Field(
        default=86_400, ge=0, le=30 * 86_400,
        description="After a refusal an attester that had been appraised well goes on so long.",
    )  # fmt: skip
