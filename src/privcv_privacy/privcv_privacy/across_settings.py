# SPDX-License-Identifier: Apache-2.0
"""Whom a device believes of a sum over sites, before it takes part in one."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from privcv_core.protocol.signing import is_public_key
from privcv_core.settings.model import TRUST, PathSetting, Settings


def _key(text: str) -> str:
    if not is_public_key(text):
        raise ValueError("is no public Ed25519 key in base64url")
    return text


OperatorKey = Annotated[str, AfterValidator(_key)]


class AcrossSettings(Settings):
    """What this site asks of a task. The tasks themselves lie in the state folder."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    leaders: list[OperatorKey] = Field(
        min_length=1, max_length=16, description="keys of the operators that may lead, base64url"
    )
    helpers: list[OperatorKey] = Field(
        min_length=1,
        max_length=16,
        description="keys of the operators that may help; one of both lists must be of another "
        "owner: two collectors of one owner are one",
    )
    policy: PathSetting = Field(
        description="file of the logs and witnesses that are believed, c2sp.org/tlog-policy"
    )
    min_sites: int = Field(
        5, ge=2, le=10_000, description="fewest sites of which a total may be made"
    )
    largest_floor_epsilon: float = Field(
        8.0,
        gt=0,
        le=16,
        description="what a visit may at most be worth to two collectors that collude",
    )
