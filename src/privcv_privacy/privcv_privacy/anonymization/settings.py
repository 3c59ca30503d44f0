# SPDX-License-Identifier: Apache-2.0
"""How coarse anonymous tracks are, and how frames that come at odd times are taken."""

from pydantic import Field

from privcv_core.settings.model import Settings
from privcv_privacy.anonymization.identity_settings import IdentitySettings


class AnonymizationSettings(Settings):
    """How tracks become anonymous."""

    tick_s: int = Field(
        default=5, ge=1, le=60, description="Length of a tick, s; one message per tick."
    )
    cell_m: float = Field(
        default=0.5,
        ge=0.5,
        le=5.0,
        description="Edge of a cell, m; positions are told in whole cells.",
    )
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
