# SPDX-License-Identifier: Apache-2.0
"""The bodies that readers of sites get: site records, and how it is there now."""

from pydantic import BaseModel, Field

from privcv_core.protocol.site_record import SiteRecord


class KeptSiteRecord(BaseModel):
    """What one device says of its site."""

    site: str = Field(description="Where the device is enrolled.")
    device: str
    version: int = Field(description="Counted up by the device whenever its record changes.")
    digest: str = Field(description="SHA-256 of the record's canonical JSON, hexadecimal.")
    sent_at: str
    received_at: str
    record: SiteRecord


class SiteRecordsAnswer(BaseModel):
    """The newest record of each device."""

    records: list[KeptSiteRecord]
