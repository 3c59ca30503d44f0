# SPDX-License-Identifier: Apache-2.0
"""For how long a device keeps what it keeps, where no other setting says so."""

from pydantic import ConfigDict, Field

from privcv_core.settings.model import TRUST, Settings


class RetentionSettings(Settings):
    """Days of running time of the device, which no clock that is set makes shorter."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    register_days: int = Field(
        1095,
        ge=400,
        le=36500,
        description="requests of data subjects, breaches, authorizations and figures in the log of "
        "what people did; those that are open stay, and none ends before audit.retain_days",
    )
    authorizations_days: int = Field(
        365,
        ge=1,
        le=36500,
        description="files of authorizations that expired or were withdrawn; who withdrew one, and "
        "that it was, stays noted",
    )
    ledger_days: int = Field(
        730,
        ge=31,
        le=36500,
        description="reports in the ledger that nobody fetched; what was paid stays, for the "
        "promise is about all that is ever told",
    )
