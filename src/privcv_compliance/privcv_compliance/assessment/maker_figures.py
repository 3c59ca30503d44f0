# SPDX-License-Identifier: Apache-2.0
"""Figures that the maker of privcv measured, each with the page and the words that say it.

They were measured on recordings and simulations, not at the site. A test looks the words up.
"""

from dataclasses import dataclass

from privcv_compliance.documents.document import Evidence


@dataclass(frozen=True)
class MakerFigure:
    """A figure; ``said`` is the line of ``page`` (below ``docs``) that holds it."""

    value: float
    page: str
    said: str
    command: str

    @property
    def evidence(self) -> Evidence:
        """Where the figure is told, and what measures it again."""
        return Evidence("maker", f"docs/{self.page}; measured again by: {self.command}")


_IDENTITIES = "benchmarks/identities.md"
_BY = "python test/benchmarks/identities.py"

RELINKED_NAIVE = MakerFigure(
    0.996, _IDENTITIES, "| naive | 460 | 460 | 99.6% |", _BY
)  # waiting room
RELINKED_WAITING = MakerFigure(0.111, _IDENTITIES, "| configured | 460 | 139 | 11.1% |", _BY)
RELINKED_PASSING = MakerFigure(0.0, _IDENTITIES, "| configured | 41 | 0 | 0.0% |", _BY)
EPSILON_ATTACKED = MakerFigure(1.26, "privacy.md", "| as shipped | 1.26 |", "make long-privacy")
"""Epsilon that an attack on releases with a nominal epsilon of 2 exceeds for sure."""
MEMBERSHIP = MakerFigure(
    0.731, "privacy.md", "unit stays at or below the bound of 0.731", "make long-privacy"
)
RESIDUE_FRAMES = MakerFigure(
    0.0,
    "benchmarks.md",
    "| pixels of a frame 0.5 s after it: buffers, process, /dev/shm, disk | 0 |",
    "privcv audit residue",
)
_TOTALS = "benchmarks.md"
ACCURACY_STREET = MakerFigure(
    0.909,
    _TOTALS,
    "| occupancy / flow on ETH as shipped, one visit protected, ε = 1 | 90.9 % / 94.1 % |",
    "make bench-privacy",
)
ACCURACY_CAMPUS = MakerFigure(
    0.866,
    _TOTALS,
    "| occupancy / flow on Edinburgh as shipped, one visit protected, ε = 1 | 86.6 % / 89.9 % |",
    "make bench-privacy",
)

ALL = (
    ACCURACY_STREET,
    ACCURACY_CAMPUS,
    RELINKED_NAIVE,
    RELINKED_WAITING,
    RELINKED_PASSING,
    EPSILON_ATTACKED,
    MEMBERSHIP,
    RESIDUE_FRAMES,
)
