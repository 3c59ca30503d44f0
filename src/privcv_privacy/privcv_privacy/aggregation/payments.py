# SPDX-License-Identifier: Apache-2.0
"""Charges: what one camera's releases cost the units in them, pool by pool."""

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.budget.accounting import Charge
from privcv_privacy.settings import PrivacySettings


class Payments:
    """What the cohort that is now in memory has paid, and what a release adds to it.

    Visits are bounded together by one run of the process, so their cohort is the run, and a new one
    begins when all identities are renewed. The weaker units live in one window, so their cohort is
    the window. Each pool (counts, dwell, bias) has its own scope and limit; the limits sum to
    epsilon.
    """

    def __init__(
        self, settings: PrivacySettings, camera: str, zones: int, votes: int, run: str
    ) -> None:
        self.settings, self.camera, self.zones, self.votes = settings, camera, zones, votes
        self._run, self._generation = run, 0
        self._cells = 0  # zones x windows that this cohort released
        self._dwell_cells = 0  # zones x dwell periods

    def renew(self) -> None:
        """No visit of so far will pay again."""
        self._generation += 1
        self._cells = self._dwell_cells = 0

    def settle(self, *, dwell: bool) -> None:
        """A release was paid for."""
        if dwell:
            self._dwell_cells += self.zones
        else:
            self._cells += self.zones

    def charges(
        self, span: Span, born_s: int, *, dwell: bool, bias_born_s: int | None = None
    ) -> list[Charge]:
        """What a release for ``span`` costs: the most any one unit has paid with it.

        ``born_s``: before it no unit in the release existed; ``bias_born_s`` likewise of the units
        among the dropped, None where these are not counted.
        """
        settings = self.settings
        visit = settings.unit == "visit"
        cohort = f"{self._run}.{self._generation}" if visit else f"{span.start_s}|{span.length_s}"

        def charge(
            pool: str, epsilon: float, limit: float, delta: float = 0.0, born_s: int = born_s
        ) -> Charge:
            return Charge(
                scope=f"{self.camera}|{pool}",
                cohort=cohort,
                epsilon=epsilon,
                delta=delta,
                limit_epsilon=limit,
                limit_delta=delta,
                born_ns=born_s * NS_PER_S,
                until_ns=span.end_s * NS_PER_S,
            )

        if dwell:
            limit = settings.dwell_epsilon
            cells = min(self._dwell_cells + self.zones, settings.max_cells)
            return [charge("dwell", limit * cells / settings.max_cells if visit else limit, limit)]
        limit = settings.counts_epsilon
        cells = min(self._cells + self.zones, self.votes)
        # At the same delta, Gaussian noise costs more for the first cells than for the last: all
        # that a unit can pay is booked at once.
        gaussian = settings.counts_delta > 0
        paid = limit * cells / self.votes if visit and not gaussian else limit
        charges = [charge("counts", paid, limit, settings.counts_delta)]
        if bias_born_s is not None:
            limit = settings.bias_epsilon
            charges.append(charge("bias", limit, limit, born_s=bias_born_s))
        return charges
