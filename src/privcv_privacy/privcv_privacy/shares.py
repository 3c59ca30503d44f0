# SPDX-License-Identifier: Apache-2.0
"""What a site releases, and how the budget of one unit is divided among it."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from pydantic import Field, model_validator

from privcv_core.settings.model import Settings
from privcv_privacy.errors import PrivacyError

Statistic = Literal["visitors", "flow", "dwell", "presence", "entries", "footfall"]

STATISTICS: tuple[Statistic, ...] = (
    "visitors", "flow", "dwell", "presence", "entries", "footfall",
)  # fmt: skip
"""What can be released: visitors and flow are read from the same noisy counts, and entries are
crossings of lines both ways."""

WEIGHTS = {"counts": 85, "dwell": 10, "bias": 5, "presence": 30, "entries": 20, "footfall": 10}
"""How the budget is divided among what is released, where a site does not say it."""


class BudgetShares(Settings):
    """How a unit's epsilon is divided; what is not given out stays unspent."""

    counts: float = Field(0.85, ge=0, le=1, description="share for occupancy and flow")
    dwell: float = Field(0.10, ge=0, le=1, description="share for dwell; 0: no dwell reports")
    bias: float = Field(
        0.05, ge=0, le=1, description="share for the count of dropped contributions; 0: uncorrected"
    )
    presence: float = Field(0.0, ge=0, le=1, description="share for presence and queues")
    entries: float = Field(0.0, ge=0, le=1, description="share for entries and exits over lines")
    footfall: float = Field(0.0, ge=0, le=1, description="share for the visits begun in a day")

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "BudgetShares":
        if sum(self.model_dump().values()) > 1 + 1e-9:
            names = ", ".join(type(self).model_fields)
            raise ValueError(f"{names} add up to more than 1: lower one of them")
        return self


def shares_of(release: Collection[str]) -> BudgetShares:
    """The product's shares of a unit's budget where the statistics ``release`` leave.

    Dwell that is not released leaves its share to the counts; of what else is released each takes
    its part of ``WEIGHTS``. Raises ``PrivacyError`` for a statistic that is none of
    ``STATISTICS``, and for an empty list.
    """
    unknown = sorted(set(release) - set(STATISTICS))
    if unknown:
        raise PrivacyError(f"release: '{unknown[0]}' is none of {', '.join(STATISTICS)}")
    if not release:
        raise PrivacyError(f"release: names nothing: add one of {', '.join(STATISTICS)}")
    weights = dict.fromkeys(WEIGHTS, 0)
    for statistic in set(release):
        name = "counts" if statistic in ("visitors", "flow") else statistic
        weights[name] = WEIGHTS[name]
    if weights["counts"]:
        weights["counts"] += WEIGHTS["dwell"] - weights["dwell"]
        weights["bias"] = WEIGHTS["bias"]
    whole = sum(weights.values())
    # Rounded down: parts of a whole are no more than it, and 0.85 + 0.1 is not 0.95 in binary.
    return BudgetShares(**{name: 10**6 * one // whole / 10**6 for name, one in weights.items()})


def with_shares(content: dict[str, Any]) -> dict[str, Any]:
    """Privacy settings ``content`` with the product's shares of what they release, if they give
    none; not yet checked."""
    release = content.get("release")
    if "shares" in content or not isinstance(release, list) or not release:
        return content
    if not all(one in STATISTICS for one in release):
        return content
    return {**content, "shares": shares_of(release)}


def check_shares(release: Sequence[Statistic], shares: BudgetShares) -> None:
    """Raise ``ValueError`` where something of ``release`` is given twice, or nothing to pay with.

    Dwell alone may be listed without a share: until it was in a list, a share of 0 stopped it.
    """
    if len(set(release)) < len(release):
        raise ValueError("release: names a statistic twice: remove one")
    for statistic in release:
        pool = "counts" if statistic in ("visitors", "flow") else statistic
        if pool != "dwell" and not getattr(shares, pool):
            raise ValueError(
                f"release: lists {statistic}, and shares.{pool} is 0: give it a share, or leave "
                "out shares and each takes its part"
            )
