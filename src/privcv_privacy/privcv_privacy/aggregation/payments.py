# SPDX-License-Identifier: Apache-2.0
"""Charges: what one camera's releases cost the units in them, pool by pool."""

from dataclasses import dataclass, replace

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.aggregation.bounded_sums import moments_of
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.charge import (
    ACROSS,
    BIAS,
    COUNTS,
    DWELL,
    ENTRIES,
    ENTRIES_HOUR,
    FOOTFALL,
    PRESENCE,
    PRESENCE_HOUR,
    Charge,
    Interval,
)
from privcv_privacy.budget.device_time import FIRST_ERA, Era
from privcv_privacy.noise.mechanisms import gaussian_epsilon
from privcv_privacy.settings import PrivacySettings

ZONES = "zones"
"""The kind of a release of visitors and flow; each other kind is named as its pool."""


def most_moments(length_s: int) -> int:
    """Moments between two ticks inside a window of ``length_s``, s."""
    return max(length_s // TICK_S - 1, 0)


@dataclass(frozen=True)
class Lived:
    """When the units that pay for a release were there, ns of ledger time."""

    from_ns: int  # nothing in the release was seen before
    until_ns: int
    renewed_ns: int = 0  # no visit in it existed before
    era: Era = FIRST_ERA
    slack_ns: int = 0  # see ``DeviceTime``
    windows: tuple[Interval, ...] = ()  # in which weaker units lived, where there are several


class Payments:
    """What the cohort that is now in memory has paid, and what a release adds to it.

    Visits are bounded together by one run of the process, so their cohort is the run, and a new one
    begins when all identities are renewed. The weaker units live in one window, so their cohort is
    the window. Each pool (counts, dwell, bias, one of each other statistic) has its own scope and
    limit; the limits sum to epsilon at most, and the ledger holds a unit to epsilon over all of
    them, whatever the settings.
    """

    def __init__(
        self,
        settings: PrivacySettings,
        camera: str,
        zones: int,
        votes: int,
        run: str,
    ) -> None:
        self.settings, self.camera, self.zones, self.votes = settings, camera, zones, votes
        self._run, self._generation = run, 0
        self._cells = 0  # zones x windows that this cohort released
        self._dwell_cells = 0  # zones x dwell periods
        self._moments = 0  # of presence that this cohort released

    def renew(self) -> None:
        """No visit of so far will pay again."""
        self._generation += 1
        self._cells = self._dwell_cells = self._moments = 0

    def settle(self, kind: str, span: Span) -> None:
        """A release was paid for: of zones, of dwell, or of the statistic that ``kind`` names."""
        if kind == DWELL:
            self._dwell_cells += self.zones
        elif kind == PRESENCE:
            self._moments += most_moments(span.length_s)
        elif kind == ZONES:
            self._cells += self.zones

    def statistic_charges(self, kind: str, span: Span, lived: Lived) -> list[Charge]:
        """What a release of presence, entries or footfall costs, by ``kind``.

        Of all but the presence of windows one release may take all that a unit has for them.
        """
        settings = self.settings
        limit = {
            PRESENCE: settings.of_windows(settings.presence_epsilon),
            ENTRIES: settings.of_windows(settings.entries_epsilon),
            PRESENCE_HOUR: settings.of_hours(settings.presence_epsilon),
            ENTRIES_HOUR: settings.of_hours(settings.entries_epsilon),
            FOOTFALL: settings.footfall_epsilon,
        }[kind]
        paid = limit
        if kind == PRESENCE and settings.unit == "visit":
            moments = self._moments + most_moments(span.length_s)
            paid = limit * min(moments / moments_of(settings), 1.0)
        return [self._charge(kind, span, lived, paid, limit)]

    def across_charge(self, task: str, epsilon: float, span: Span, lived: Lived) -> Charge:
        """What a window of the sum over sites ``task`` costs, of which a visit pays ``epsilon`` for
        all the cells that it may count in. Each task is a cohort of its own: tasks add up."""
        cells = min(self._cells + self.zones, self.votes)
        paid, limit = epsilon * cells / self.votes, self.settings.across_epsilon
        charge = self._charge(ACROSS, span, lived, paid, limit)
        return replace(charge, cohort=f"{charge.cohort}|{task}")

    def charges(
        self, span: Span, lived: Lived, *, dwell: bool, bias: bool = False, scale: float = 0
    ) -> list[Charge]:
        """What a release for ``span`` costs: the most any one unit has paid with it.

        ``bias``: whether those who reached the bound are counted too.
        ``scale``: of the noise on counts.
        """
        settings = self.settings
        visit = settings.unit == "visit"
        if dwell:
            limit = settings.dwell_epsilon
            cells = min(self._dwell_cells + self.zones, settings.max_cells)
            paid = limit * cells / settings.max_cells if visit else limit
            return [self._charge(DWELL, span, lived, paid, limit)]
        limit, delta = settings.counts_epsilon, settings.counts_delta
        cells = min(self._cells + self.zones, self.votes)
        # At the same delta, Gaussian noise costs more for the first cells than for the last: all
        # that a unit can pay is booked at once.
        paid = limit * cells / self.votes if visit and delta == 0 else limit
        whole = None
        if settings.unit == "event":  # one person may be an event in each zone
            whole = gaussian_epsilon(scale, delta, self.zones) if delta else limit * self.zones
        charges = [self._charge(COUNTS, span, lived, paid, limit, delta, whole)]
        if bias:  # a visit is counted once in its life, a person-window once in its window
            limit = settings.bias_epsilon
            charges.append(self._charge(BIAS, span, lived, limit, limit))
        return charges

    def _charge(
        self,
        pool: str,
        span: Span,
        lived: Lived,
        epsilon: float,
        limit: float,
        delta: float = 0.0,
        visit_epsilon: float | None = None,
    ) -> Charge:
        settings = self.settings
        cohort = f"{self._run}.{self._generation}"
        if settings.unit != "visit":
            cohort = f"{span.start_s}|{span.length_s}"
            if lived.era.number:
                cohort += f"|{lived.era.number}"
        return Charge(
            scope=f"{self.camera}|{pool}",
            cohort=cohort,
            epsilon=epsilon,
            delta=delta,
            limit_epsilon=limit,
            limit_delta=delta,
            from_ns=lived.from_ns,
            until_ns=lived.until_ns,
            unit=settings.unit,
            lifetime_ns=settings.identity_lifetime_s * NS_PER_S + lived.slack_ns,
            renewed_ns=lived.renewed_ns,
            promise_epsilon=settings.epsilon,
            promise_delta=settings.counts_delta,
            visit_epsilon=visit_epsilon,
            event_from_ns=lived.era.event_ns(lived.from_ns),
            event_until_ns=lived.era.event_ns(lived.until_ns),
            windows=lived.windows,
        )
