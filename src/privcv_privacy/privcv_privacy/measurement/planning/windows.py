# SPDX-License-Identifier: Apache-2.0
"""Windows to simulate: settings with another length, and how many make an error known."""

import math

import numpy as np

from privcv_privacy.measurement.planning import forecast
from privcv_privacy.measurement.planning.traffic import Traffic
from privcv_privacy.settings import PrivacySettings

MANY_ZONES, FEW_WINDOWS = 12, 8  # the filter's cost grows with the square of the zones
LEAST_WINDOWS = 3


def with_window(settings: PrivacySettings, window_s: int, **changes: object) -> PrivacySettings:
    """``settings`` with windows of ``window_s``, and with ``changes``."""
    period_s = max(math.ceil(settings.dwell_period_s / window_s), 1) * window_s
    update = {"window_s": window_s, "adaptive": False, "dwell_period_s": period_s, **changes}
    return settings.model_copy(update=update)


def windows_in(traffic: Traffic, hours: float, window_s: int) -> int:
    """Windows to simulate of a day that is open for so many ``hours``; fewer of many visits."""
    most = forecast.WINDOWS if len(traffic.zones.names) <= MANY_ZONES else FEW_WINDOWS
    visits = traffic.per_hour * window_s / 3600
    most = min(most, max(LEAST_WINDOWS, int(forecast.VISITS / forecast.RUNS / visits)))
    return int(np.clip(hours * 3600 / window_s, 1, most))
