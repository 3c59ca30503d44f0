# SPDX-License-Identifier: Apache-2.0
"""The bounded votes of a window, visit by visit: what a sum over sites may count of each."""

from collections.abc import Mapping

from privcv_privacy.aggregation.contribution import Contributions, Visit
from privcv_privacy.settings import PrivacySettings

Votes = tuple[int, ...]
"""The cells that one visit counts in, each by one."""


class VisitVotes(Contributions):
    """As ``Contributions``, with a bound of its own: reports of the site take nothing of it.

    ``cells``: by zone's number and bin, the number of the cell; other zones use up no vote.
    """

    def __init__(
        self, settings: PrivacySettings, zones: int, cells: Mapping[int, Mapping[int, int]]
    ) -> None:
        super().__init__(settings, zones)
        self._cells = cells
        self._over: list[Votes] = []  # of visits that ended in the window that is open

    def close_visits(self) -> list[Votes]:
        """The votes of each visit of the window, at most ``max_cells`` in its life; opens the next.

        Nobody's presence changes the votes of anybody else.
        """
        votes, self._over = self._over, []
        votes += filter(None, map(self._votes, self.visits.values()))
        self.close_window()
        return votes

    def retire(self) -> None:
        """No identity of so far counts any more."""
        super().retire()
        self._over = []

    def _end(self, key: int) -> None:
        if votes := self._votes(self.visits.pop(key)):
            self._over.append(votes)

    def _votes(self, visit: Visit) -> Votes:
        cells = (self._cells[zone].get(stay.vote()) for zone, stay in visit.stays.items())
        return tuple(cell for cell in cells if cell is not None)
