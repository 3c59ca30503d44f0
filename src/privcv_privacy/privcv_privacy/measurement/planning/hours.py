# SPDX-License-Identifier: Apache-2.0
"""Hours of presence and entries: sums of windows, or numbers drawn once from a part of the budget.

With noise of scale s on a window, n windows to the hour and a part f for numbers drawn once, the
sum has the standard deviation sqrt(2 n) s / (1 - f), and the other sqrt(2) s / f; of presence,
which is a mean, both divided by n: docs/privacy.md, *Drawn once for an hour*.
"""

import math
from collections.abc import Sequence

from privcv_privacy.measurement.planning.forecast import Outlook, folded
from privcv_privacy.settings import PrivacySettings

HOUR_S = 3600
SHARES = (0.0, 0.5, 1.0)
KINDS = ("presence", "entries")


def with_hour_share(
    settings: PrivacySettings, outlooks: Sequence[Outlook], reasons: list[str]
) -> PrivacySettings:
    """``settings`` with the part for hours that makes the errors of windows and hours least.

    ``outlooks``: of windows without such a part. Nothing is told of a window that has no budget:
    its error is 1, as is that of one whose noise is more than what it tells.
    """
    windows = [one for one in outlooks if one.statistic in KINDS and math.isfinite(one.error)]
    if not windows or not _can_be_drawn(settings):
        return settings

    def errors(share: float) -> float:
        return sum(
            min(of_window(one, share).error, 1.0) + min(of_hour(one, settings, share).error, 1.0)
            for one in windows
        )

    best = min(SHARES, key=errors)
    if best:
        said = "; ".join(
            f"{one.statistic} of an hour {of_hour(one, settings, best).error:.0%} instead of "
            f"{of_hour(one, settings, 0.0).error:.0%}"
            for one in windows
        )
        reasons.append(f"hour_share: {best:g} draws hours once: an error of {said}")
    return settings.model_copy(update={"hour_share": best})


def with_hours(settings: PrivacySettings, outlooks: Sequence[Outlook]) -> list[Outlook]:
    """Expectations of windows without a part for hours, as they are with that of ``settings``, and
    those of hours."""
    share, found = settings.hour_share, []
    for one in outlooks:
        if one.statistic not in KINDS:
            found.append(one)
            continue
        if share < 1:
            found.append(of_window(one, share))
        if "hour" in settings.periods and settings.window_s <= HOUR_S:
            found.append(of_hour(one, settings, share))
    return found


def of_window(one: Outlook, share: float) -> Outlook:
    """A window's expectation where a ``share`` is for hours."""
    if share == 1:
        return Outlook(one.statistic, one.mean, math.inf, 1.0, one.lost)
    sd = one.sd / (1 - share)
    return Outlook(one.statistic, one.mean, sd, _error(one, one.mean, sd / math.sqrt(2)), one.lost)


def of_hour(one: Outlook, settings: PrivacySettings, share: float) -> Outlook:
    """An hour's, of the better of both, from a window's without a share for hours."""
    windows = HOUR_S / settings.window_s
    is_mean = one.statistic == "presence"
    each = 1 / windows if is_mean else 1.0
    mean = one.mean if is_mean else one.mean * windows
    summed = one.sd * math.sqrt(windows) / (1 - share) * each if share < 1 else math.inf
    drawn = one.sd / share * each if share else math.inf
    if drawn < summed or windows == 1:
        sd = min(drawn, summed)
        error = _error(one, mean, sd / math.sqrt(2))
    else:
        # A sum of several is nearly normal: its mean absolute deviation is sqrt(2 / pi) sd.
        sd = summed
        error = _error(one, mean, sd * math.sqrt(2 / math.pi))
    return Outlook(f"{one.statistic}_hour", mean, sd, error, one.lost)


def _error(one: Outlook, mean: float, deviation: float) -> float:
    return folded(one.lost * mean, deviation) / mean if mean else math.nan


def _can_be_drawn(settings: PrivacySettings) -> bool:
    told = "hour" in settings.periods and settings.window_s < HOUR_S
    return told and settings.unit == "visit"
