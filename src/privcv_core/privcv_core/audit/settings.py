# SPDX-License-Identifier: Apache-2.0
"""Settings of the audit log: where it lies, how large it grows, how long it is kept."""

from pathlib import Path

from pydantic import ConfigDict, Field

from privcv_core.settings.model import TRUST, PathSetting, Settings


class AuditSettings(Settings):
    """Where audit logs lie and how large they grow."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    folder: PathSetting = Field(
        Path("/var/lib/privcv/audit"), description="folder of the audit logs of all processes"
    )
    file_bytes: int = Field(
        1_048_576, ge=4096, le=1_073_741_824, description="a file is full at this size, bytes"
    )
    chain_bytes: int = Field(
        536_870_912,
        ge=8192,
        le=1_099_511_627_776,
        description="largest size of one chain, bytes; processing stops when it is reached",
    )
    retain_days: int = Field(
        730,
        ge=1,
        le=36500,
        description="full files whose last entry is older are deleted, which is recorded; days of "
        "running time",
    )
