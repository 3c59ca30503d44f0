# SPDX-License-Identifier: Apache-2.0
"""When identities change, and how much silence that may cost."""

from pydantic import Field, model_validator

from privcv_core.settings.model import Settings
from privcv_privacy.identity_lifetime import FORGET_S, GRACE_S, ROTATION_PERIOD_S


class IdentitySettings(Settings):
    """When identities change, and how much silence that may cost."""

    period_s: float = Field(
        default=float(ROTATION_PERIOD_S),
        ge=30.0,
        le=86400.0,
        description="Time between rotations, s of event time.",
    )
    grace_s: float = Field(
        default=float(GRACE_S),
        ge=0.0,
        le=7200.0,
        description="Longest time, s, that a person who is there when identities rotate keeps the "
        "old one; who leaves within it cannot be linked.",
    )
    silence_s: float = Field(
        default=60.0,
        ge=0.0,
        le=600.0,
        description="Shortest time, s, for which somebody who outstays the grace period is not "
        "published; and the length of the silence of the whole camera when a rotation is forced.",
    )
    withhold_s: float = Field(
        default=1200.0,
        ge=0.0,
        le=7200.0,
        description="Longest time, s, for which somebody who outstays the grace period is not "
        "published; after it the place may give the old identity away.",
    )
    away_m: float = Field(
        default=3.0,
        ge=0.0,
        le=100.0,
        description="Distance, m, from the place last published at which a withheld person can "
        "be published again before that.",
    )
    swap_when_close: bool = Field(
        default=False,
        description="In the second half of the grace period, let people who come within 1.5 m "
        "of each other take new identities together. It unlinks more, but then one visit "
        "changes what is published about another, and the promise of the reports covers that "
        "only at a multiple of epsilon.",
    )
    forget_s: float = Field(
        default=float(FORGET_S),
        ge=0.0,
        le=600.0,
        description="Time, s, after which a person who is no longer tracked has left.",
    )
    unsafe_test_secret: bool = Field(
        default=False,
        description="TESTS ONLY: take the secret from the environment variable "
        "PRIVCV_UNSAFE_TEST_SECRET, so that a replay gives the same "
        "identities. Refused without it.",
    )

    @model_validator(mode="after")
    def _rotations_end_before_the_next(self) -> "IdentitySettings":
        if self.grace_s + self.silence_s >= self.period_s:
            raise ValueError("grace_s + silence_s must be less than period_s")
        return self

    @property
    def longest_life_s(self) -> float:
        """No id is published for longer than this and a tick, s."""
        return self.period_s + self.grace_s
