# SPDX-License-Identifier: Apache-2.0
"""IANA time zones: as a setting, as days of a site, and as times that people read."""

from datetime import date, datetime, timezone, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def _known(name: str) -> str:
    try:
        time_zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is not an IANA time zone on this machine") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known)]
"""A setting: the name of an IANA time zone, such as Europe/Berlin."""


def time_zone(name: str) -> tzinfo:
    """The IANA time zone ``name``. Raises ``ZoneInfoNotFoundError`` or ``ValueError``."""
    # UTC has to work where no time zones are installed.
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def day_in(moment: datetime, zone: str) -> date:
    """The day of an aware time in a time zone; at the ends of the calendar that of its own."""
    try:
        return moment.astimezone(time_zone(zone)).date()
    except OverflowError:
        return moment.date()


def wall_clock(moment: datetime, zone: str) -> str:
    """An aware time as people read it, with its zone: ``2026-01-31 09:00 Europe/Berlin``."""
    return f"{moment.astimezone(time_zone(zone)):%Y-%m-%d %H:%M} {zone}"
