# SPDX-License-Identifier: Apache-2.0
"""Values of statistics as people read them: in people, per m², of a capacity; and cells of CSV."""

from typing import Any, Protocol

from sqlalchemy import Row

THOUSANDTHS = frozenset({"presence", "queue"})
"""Statistics whose reports count thousandths of a person."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Reported(Protocol):
    """What a report says, as its device spelled it."""

    @property
    def status(self) -> str:
        """'published', or that it is not."""

    @property
    def value(self) -> int:
        """And the ends of its interval."""

    @property
    def low(self) -> int:
        """Its lower end."""

    @property
    def high(self) -> int:
        """Its upper end."""


def in_people(statistic: str, row: Reported | Row[Any]) -> dict[str, float | None]:
    """Value and interval in people, crossings or visits; None where nothing was published."""
    if row.status != "published":
        return {"value": None, "low": None, "high": None}
    scale = 1000 if statistic in THOUSANDTHS else 1
    return {
        name: one if scale == 1 else one / scale
        for name, one in (("value", row.value), ("low", row.low), ("high", row.high))
    }


def per_m2(statistic: str, value: float | None, area_m2: float | None) -> float | None:
    """People per m²: of a mean number of people only, since visitors are not there at once."""
    if value is None or not area_m2 or statistic not in THOUSANDTHS:
        return None
    return round(value / area_m2, 4)


def of_capacity(statistic: str, value: float | None, capacity: int | None) -> float | None:
    """Which share of the capacity is there on average, 0 and more."""
    if value is None or not capacity or statistic not in THOUSANDTHS:
        return None
    return round(value / capacity, 4)


def cell_text(text: str) -> str:
    """Free text as a cell of CSV that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
