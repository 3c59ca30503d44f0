# SPDX-License-Identifier: Apache-2.0
"""Settings of the anonymization: when identities change, and how frames at odd times are treated.

How coarse a tick is, is no setting: ``privcv_privacy.anonymous_tick``.
"""

import logging
from typing import Any

from pydantic import ConfigDict, Field, ValidationInfo, model_validator

from privcv_core.settings.model import TRUST, Settings
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymous_tick import CELL_M, TICK_S

CONSTANTS = {"tick_s": TICK_S, "cell_m": CELL_M}
"""Keys that were settings until 0.1.0: only one value of each was ever counted rightly."""

_log = logging.getLogger(__name__)


class AnonymizationSettings(Settings):
    """How tracks become anonymous."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    gap_tolerance_s: float = Field(
        default=1.0,
        # Looking takes longer where people are: a shorter one would let coverage tell of them.
        ge=1.0,
        le=10.0,
        description="Time between two frames, s, up to which the camera counts as looking.",
    )
    catch_up_ticks: int = Field(
        default=720,
        ge=0,
        le=17280,
        description="The most empty ticks published at once after a time without frames.",
    )
    jump_tolerance_s: float = Field(
        default=3600.0,
        ge=1.0,
        le=604800.0,
        description="A frame stamped further ahead than this, s, is ignored until a run of frames "
        "confirms that the clock was set.",
    )
    identities: IdentitySettings = Field(
        default=IdentitySettings(), description="When identities change."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_constants(cls, content: Any, info: ValidationInfo) -> Any:
        """Files of 0.1.0 may name a constant: its value is accepted, any other is refused."""
        if not isinstance(content, dict):
            return content
        for key in [key for key in CONSTANTS if key in content]:
            if not _is(content[key], CONSTANTS[key]):
                raise ValueError(
                    f"{key}: is always {CONSTANTS[key]}, not {content[key]!r}, since everything "
                    f"that counts people takes it for granted: remove {key}"
                )
            where = (info.context or {}).get("where", "settings")
            _log.warning(
                "%s: anonymization: %s is no longer needed, it is always %s: remove it",
                where, key, CONSTANTS[key],
            )  # fmt: skip
        return {key: value for key, value in content.items() if key not in CONSTANTS}


def _is(value: Any, constant: float) -> bool:
    try:
        return float(value) == constant
    except (TypeError, ValueError):
        return False
