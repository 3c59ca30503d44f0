# SPDX-License-Identifier: Apache-2.0
"""Settings of the anonymization: when identities change, and how frames at odd times are treated.

How coarse a tick is, is no setting: ``privcv_privacy.anonymous_tick``.
"""

from typing import Any

from pydantic import ConfigDict, Field, ValidationInfo, model_validator

from privcv_core.settings.model import TRUST, Settings
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymous_tick import CELL_M, TICK_S
from privcv_privacy.removed_settings import Removed, without_removed

_WHY = "everything that counts people takes it for granted"
REMOVED = {"tick_s": Removed(TICK_S, _WHY), "cell_m": Removed(CELL_M, _WHY)}
"""Keys that were settings until 0.1.0."""


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
        # A step leaves out a tick at least, so that who counts ticks in a row sees it.
        ge=2.0 * TICK_S,
        le=604800.0,
        description="A frame stamped further ahead than this, s, is ignored until a run of frames "
        "confirms that the clock was set.",
    )
    size_classes: bool = Field(
        default=True,
        description="Tell a size class by footprint. Nothing counts by it; with swap_when_close "
        "people swap identities within their class. false: it is always unknown.",
    )
    identities: IdentitySettings = Field(
        default=IdentitySettings(), description="When identities change."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_removed(cls, content: Any, info: ValidationInfo) -> Any:
        return without_removed(content, info, "anonymization", REMOVED)
