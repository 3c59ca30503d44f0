# SPDX-License-Identifier: Apache-2.0
"""Division of epsilon: visitors get what their target needs, the others what makes errors least."""

import math
from collections.abc import Sequence

from privcv_privacy.measurement.planning import forecast
from privcv_privacy.measurement.planning.forecast import Outlook
from privcv_privacy.measurement.planning.traffic import Traffic
from privcv_privacy.measurement.planning.windows import windows_in
from privcv_privacy.settings import PrivacySettings
from privcv_privacy.shares import BudgetShares, shares_of

BIAS_SHARE = 0.05
COUNTS_SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85)
LEAST_SHARE = 0.001
POOLS = frozenset({"presence", "entries", "footfall", "dwell"})
"""Statistics with a pool of their own name."""

DIVISION = (
    "the others get parts in the ratio of the roots of their errors, which makes their sum least"
)


def with_shares(
    traffic: Traffic,
    settings: PrivacySettings,
    hours: float,
    target: float,
    outlooks: Sequence[Outlook],
    reasons: list[str],
) -> PrivacySettings:
    """Visitors get what their target needs, the others the rest, so that their errors are least."""
    counted = bool({"visitors", "flow"} & set(settings.release))
    windows = windows_in(traffic, hours, settings.window_s)
    others = [one for one in outlooks if one.statistic in POOLS]
    if counted and others:
        for share in COUNTS_SHARES:
            tried = settings.model_copy(update={"shares": _divided(settings, others, share)})
            outlook, _ = forecast.visitors(traffic, tried, windows)
            if outlook.error <= target:
                reasons.append(
                    f"shares: counts need {share:.0%} of epsilon for an error of visitors of "
                    f"{outlook.error:.0%}; {DIVISION}"
                )
                return tried
    shares = shares_of(settings.release)
    if counted or not others:
        words = "the product's: no smaller share of counts reaches the target"
        reasons.append(f"shares: {words if others else 'there is nothing else to pay for'}")
    else:
        shares = _divided(settings, others, 0.0)
        reasons.append(f"shares: {DIVISION}")
    return settings.model_copy(update={"shares": shares})


def _divided(settings: PrivacySettings, outlooks: Sequence[Outlook], counts: float) -> BudgetShares:
    """``counts`` for visitors and flow; the rest in the ratio of the roots of c, error = c / share.

    By Lagrange's multipliers that makes the sum of the errors c / share least.
    """
    now = settings.shares.model_dump()
    roots = {
        one.statistic: math.sqrt(min(one.error, 10.0) * now[one.statistic])
        for one in outlooks
        if math.isfinite(one.error)
    }
    bias = BIAS_SHARE if counts and settings.unit != "event" else 0.0
    left, whole = 1 - counts - bias, sum(roots.values())
    shares = {name: math.floor(1000 * left * one / whole) / 1000 for name, one in roots.items()}
    for name in POOLS & set(settings.release) - shares.keys():
        shares[name] = LEAST_SHARE  # nothing is known of it, such as of lines that are not there
        left_over = max(shares, key=lambda one: shares[one])
        shares[left_over] = round(shares[left_over] - LEAST_SHARE, 3)
    return BudgetShares(**{**dict.fromkeys(now, 0.0), **shares, "counts": counts, "bias": bias})
