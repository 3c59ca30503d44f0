# SPDX-License-Identifier: Apache-2.0
"""Privacy settings: what a site decides about the unit, the budget, the windows, what is shown."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from privcv_core.event_time.calendar import PERIOD_UNITS, PeriodUnit
from privcv_core.settings.model import TRUST, Settings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.identity_lifetime import FORGET_S, IDENTITY_LIFETIME_S, LONGEST_LIFETIME_S
from privcv_privacy.line_settings import LINE_STEP_S
from privcv_privacy.removed_settings import Removed, without_removed
from privcv_privacy.shares import (
    STATISTICS,
    BudgetShares,
    Statistic,
    check_shares,
    shares_of,
    with_shares,
)

__all__ = ["STATISTICS", "BudgetShares", "PrivacySettings", "Statistic", "Unit", "shares_of"]

Unit = Literal["visit", "person_window", "event"]
MechanismName = Literal["laplace", "gaussian"]

ADAPTIVE_WINDOWS_S = (60, 300, 900, 3600)
"""The lengths that adaptive windows choose from."""

REMOVED = {
    "hysteresis_m": Removed(0.0, "nobody counts in a zone that they only pass beside"),
    "bias_period_s": Removed(None, "who reaches the bound is counted in every window"),
}
"""Keys that were settings until 0.1.0."""


class PrivacySettings(Settings):
    """The promise in numbers. ``epsilon`` is all that one unit pays, whatever is released."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    unit: Unit = Field(
        "visit",
        description="what epsilon protects: one visit, one person in one window, or one person in "
        "one zone and window (event)",
    )
    epsilon: float = Field(1.0, gt=0, le=10, description="budget of one unit; smaller is safer")
    delta: float = Field(
        1e-6, gt=0, lt=1e-3, description="chance that the bound fails; gaussian only"
    )
    mechanism: MechanismName = Field(
        "laplace", description="noise on counts: laplace (pure epsilon) or gaussian (with delta)"
    )
    max_cells: int = Field(
        3, ge=1, le=64, description="zones x windows that one unit may count in; more is dropped"
    )
    release: list[Statistic] = Field(
        ["visitors", "flow", "dwell"],
        min_length=1,
        description="statistics that leave: only these are paid for",
    )
    shares: BudgetShares = Field(
        BudgetShares(),
        description="how a unit's epsilon is divided; default: as suits what is released",
    )
    across_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="of the budget, the part for sums over sites, see 'across'; 0: takes part in "
        "none, 1: reports nothing of its own",
    )
    presence_cap_s: int = Field(
        120, ge=TICK_S, le=86400, description="time of one unit that presence counts, s"
    )
    max_crossings: int = Field(
        2, ge=1, le=64, description="crossings of lines of one unit that count"
    )
    window_s: int = Field(
        300, ge=TICK_S, le=86400, description="length of a window, s, on the clock of the site"
    )
    adaptive: bool = Field(
        True,
        description="choose 1, 5, 15 or 60 min from what was released; window_s is not used. "
        "Default: yes, unless window_s is set",
    )
    target_error: float = Field(
        0.1, gt=0, lt=1, description="relative error that adaptive windows aim at, share of 1"
    )
    periods: list[PeriodUnit] = Field(
        list(PERIOD_UNITS),
        description="sums over the hours, days and weeks of the site's clock, made of what windows "
        "paid for; none: an empty list",
    )
    hour_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="of the budget of presence and of entries, the part for numbers that are drawn "
        "once for an hour; 0: hours are sums of windows, 1: nothing is told of windows",
    )
    dwell_period_s: int = Field(86400, ge=60, le=604800, description="length of a dwell period, s")
    k: int = Field(5, ge=1, le=1000, description="fewest people a zone shows; 1: show everything")
    margin: float = Field(
        1.0, ge=0, le=100, description="people by which the noisy count must clear k"
    )
    confidence: float = Field(0.9, ge=0.5, le=0.99, description="of the intervals, share of 1")
    min_coverage: float = Field(
        0.5, ge=0, le=1, description="share of a window that must be observed, share of 1"
    )
    identity_lifetime_s: int = Field(
        IDENTITY_LIFETIME_S,
        ge=60,
        le=LONGEST_LIFETIME_S,
        description="no identity lives longer (rotation, grace, a tick), s",
    )
    require_guard: bool = Field(
        False,
        description="publish no value while the guard does not look at the graph, see "
        "docs/threats.md",
    )
    identity_absence_s: int = Field(
        FORGET_S,
        ge=0,
        le=600,
        description="no identity comes back that was not seen for longer (forget_s of every "
        "camera), s: then what it did is counted and it is forgotten",
    )
    future_tolerance_s: int = Field(
        10, ge=0, le=3600, description="how far ahead of the clock a tick may be, s"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_removed(cls, content: Any, info: ValidationInfo) -> Any:
        content = without_removed(content, info, "privacy", REMOVED)
        return with_shares(content) if isinstance(content, dict) else content

    @model_validator(mode="before")
    @classmethod
    def _adaptive_unless_a_length_is_set(cls, content: Any) -> Any:
        if isinstance(content, dict) and "window_s" in content and "adaptive" not in content:
            return {**content, "adaptive": False}
        return content

    @field_validator("window_s", "presence_cap_s")
    @classmethod
    def _whole_ticks(cls, value: int) -> int:
        if value % TICK_S:
            raise ValueError(f"must be a multiple of the {TICK_S} s tick")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "PrivacySettings":
        if self.shares.dwell > 0 and self.dwell_period_s < self.window_step_s:
            raise ValueError("dwell_period_s must be at least as long as a window")
        if self.dwell_period_s % self.window_step_s:
            raise ValueError("dwell_period_s must be a multiple of the window (adaptive: of 60 s)")
        check_shares(self.release, self.shares)
        if "presence" in self.release and self.window_step_s < 2 * TICK_S:
            raise ValueError(f"window_s must be at least {2 * TICK_S} where presence is released")
        if "entries" in self.release and self.unit != "visit" and self.window_step_s % LINE_STEP_S:
            raise ValueError(
                f"window_s must be a multiple of {LINE_STEP_S} where entries are released and unit "
                f"is {self.unit}: ways over lines begin anew at each minute"
            )
        if self.hour_share:
            self._can_draw_hours()
        if self.across_share and self.unit != "visit":
            raise ValueError(
                "across_share needs unit: visit: a sum over sites protects a visit; leave it out"
            )
        if "footfall" in self.release and self.unit != "visit":
            raise ValueError(
                "release: footfall needs unit: visit: when a visit began is nothing of one window; "
                "take footfall out"
            )
        return self

    def _can_draw_hours(self) -> None:
        if self.unit != "visit":
            raise ValueError(
                "hour_share needs unit: visit: a person in an hour is in many windows; leave it out"
            )
        if not {"presence", "entries"} & set(self.release):
            raise ValueError("hour_share: release lists neither presence nor entries: leave it out")
        if "hour" not in self.periods or self.window_step_s > 3600:
            raise ValueError(
                "hour_share: no hours are told: list hour in periods, and windows of 3600 s at most"
            )

    @property
    def counts_epsilon(self) -> float:
        """Epsilon that one unit pays for all its occupancy and flow."""
        return self._paid_for("counts", "visitors", "flow")

    @property
    def dwell_epsilon(self) -> float:
        """Epsilon that one unit pays for all its dwell."""
        return self._paid_for("dwell", "dwell")

    @property
    def bias_epsilon(self) -> float:
        """Epsilon that one unit pays for being counted as dropped; an event is never dropped."""
        return 0.0 if self.unit == "event" else self._paid_for("bias", "visitors", "flow")

    @property
    def presence_epsilon(self) -> float:
        """Epsilon that one unit pays for all its presence, in windows and hours together."""
        return self._paid_for("presence", "presence")

    @property
    def entries_epsilon(self) -> float:
        """Epsilon that one unit pays for all its crossings of lines, likewise."""
        return self._paid_for("entries", "entries")

    @property
    def footfall_epsilon(self) -> float:
        """Epsilon that one visit pays for being counted once."""
        return self._paid_for("footfall", "footfall")

    @property
    def across_epsilon(self) -> float:
        """Epsilon that one visit pays for all sums over sites together."""
        return self.epsilon * self.across_share

    def of_windows(self, epsilon: float) -> float:
        """Of the epsilon of presence or of entries, what windows get."""
        return epsilon * (1 - self.hour_share)

    def of_hours(self, epsilon: float) -> float:
        """Likewise, what numbers get that are drawn once for an hour."""
        return epsilon * self.hour_share

    def _paid_for(self, pool: str, *statistics: Statistic) -> float:
        """Of the budget, what goes into ``pool`` if one of ``statistics`` is released."""
        listed = any(one in self.release for one in statistics)
        local = self.epsilon * (1 - self.across_share)
        return local * float(getattr(self.shares, pool)) if listed else 0.0

    @property
    def counts_delta(self) -> float:
        """Delta that one unit pays; only Gaussian noise on counts has one."""
        return self.delta if self.mechanism == "gaussian" else 0.0

    @property
    def epoch_s(self) -> int:
        """How often the camera must replace every id, s; 0: as its rotations say.

        The weaker units need ids that nothing of another window decides: of one dwell period each.
        """
        return 0 if self.unit == "visit" else self.dwell_period_s

    @property
    def window_step_s(self) -> int:
        """Every window begins at a multiple of it, s."""
        return 60 if self.adaptive else self.window_s

    @property
    def bound(self) -> int:
        """Cells that one unit may count in; an event is one cell."""
        return 1 if self.unit == "event" else self.max_cells
