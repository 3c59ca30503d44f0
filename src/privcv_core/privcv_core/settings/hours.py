# SPDX-License-Identifier: Apache-2.0
"""Hours of the day on days of the week, as the clock on the wall of a place shows them."""

from typing import Literal

from pydantic import Field, ValidationError

from privcv_core.settings.model import Settings

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(Settings):
    """A span of the day on some days of the week, on the clock of a place."""

    days: list[Day] = Field(list(DAYS), min_length=1, description="days of the week")
    start: str = Field("00:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="from, HH:MM")
    end: str = Field(
        "24:00",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        description="to, HH:MM, not included; before 'start': the next day",
    )

    def __str__(self) -> str:
        """As one line, such as ``mon,tue 08:00-20:00``."""
        return f"{','.join(self.days)} {self.start}-{self.end}"


def read_hours(text: str) -> Hours:
    """The inverse of ``str``. Raises ``ValueError`` with the fix."""
    days, _, span = text.partition(" ")
    start, _, end = span.partition("-")
    try:
        return Hours.model_validate({"days": days.split(","), "start": start, "end": end})
    except ValidationError as error:
        raise ValueError(f"'{text}' must read as 'mon,tue 08:00-20:00'") from error
