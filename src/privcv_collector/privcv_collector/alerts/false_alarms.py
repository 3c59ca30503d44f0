# SPDX-License-Identifier: Apache-2.0
"""How many false alarms a rule gives in a week from the noise alone.

With p the chance that noise alone puts one window beyond the threshold, independent from window to
window, the expected number of runs of n or more in N windows is p^n + (N - n) (1 - p) p^n: a run
begins at the first window, or at one of the N - n others after a window that was not beyond it
(Feller 1968, An Introduction to Probability Theory I, ch. XIII). Each run is one alarm; recovery
thresholds join runs, so that they only make alarms fewer. Published values are filtered, and errors
of windows in a row then go the same way: for a wait of several windows read it as a rough figure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import Literal

from privcv_collector.alerts.rule import Rule, windows_needed

WEEK_S = 7 * 86_400.0
Mechanism = Literal["laplace", "gaussian"]


@dataclass(frozen=True)
class Noise:
    """Noise of one window: the half width of its interval, in people, and how sure that is."""

    half_width: float
    confidence: float
    mechanism: Mechanism

    @property
    def sd(self) -> float:
        """Its standard deviation, people."""
        if self.mechanism == "laplace":
            return math.sqrt(2.0) * self._scale
        return self.half_width / NormalDist().inv_cdf((1.0 + self.confidence) / 2.0)

    def exceeds(self, people: float) -> float:
        """The chance that the noise is more than ``people``."""
        if people < 0.0:
            return 1.0 - self.exceeds(-people)
        if self.half_width == 0.0:
            return 0.0
        if self.mechanism == "laplace":
            return 0.5 * math.exp(-people / self._scale)
        return 1.0 - NormalDist(0.0, self.sd).cdf(people)

    @property
    def _scale(self) -> float:
        return self.half_width / math.log(1.0 / (1.0 - self.confidence))


def noise_of(highs: Sequence[tuple[float, float]], confidence: float, name: str) -> Noise:
    """The noise of windows by ``(value, high)``: the upper half, since zero cuts the lower one."""
    half = median(high - value for value, high in highs)
    return Noise(max(0.0, half), confidence, "laplace" if name == "laplace" else "gaussian")


def chance_beyond(rule: Rule, noise: Noise, truth: float) -> float:
    """The chance that noise puts one window beyond, where ``truth`` people are there."""
    margin = noise.half_width if rule.certainty == "surely" else -noise.half_width
    distance = rule.threshold - truth if rule.kind == "over" else truth - rule.threshold
    return noise.exceeds(distance + margin)


def alarms_per_week(rule: Rule, noise: Noise, truth: float, window_s: float) -> float:
    """Expected alarms in a week in which ``truth`` people are there all the time."""
    windows = int(WEEK_S // window_s)
    needed = windows_needed(rule.wait_s, window_s)
    if needed > windows:
        return 0.0
    chance = chance_beyond(rule, noise, truth)
    run = chance**needed
    return float(run + (windows - needed) * (1.0 - chance) * run)
