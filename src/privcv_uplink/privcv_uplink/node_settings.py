# SPDX-License-Identifier: Apache-2.0
"""Parameters of the uplink node: the settings of the uplink, and what it is told of its device."""

from pydantic import Field, field_validator

from privcv_core.audit.log import AuditSettings
from privcv_core.protocol.errors import SiteRecordError
from privcv_core.protocol.site_record import MOST_BYTES, read_site_record
from privcv_core.settings.model import PathSetting
from privcv_uplink.settings import UplinkSettings


class UplinkNodeSettings(UplinkSettings):
    """Parameters of the uplink node."""

    audit: AuditSettings | None = Field(None, description="Where deliveries are recorded.")
    site_record: str = Field(
        "",
        max_length=MOST_BYTES,
        description="What the collector is told of the site, canonical JSON; '' for nothing.",
    )

    across: PathSetting | None = Field(
        None, description="Folder of the sums over sites that this device is part of."
    )

    @field_validator("site_record")
    @classmethod
    def _is_a_record(cls, text: str) -> str:
        if text:
            try:
                return read_site_record(text).canonical().decode()
            except SiteRecordError as error:
                raise ValueError(str(error)) from error
        return text
