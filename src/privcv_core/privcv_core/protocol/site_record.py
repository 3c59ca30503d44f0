# SPDX-License-Identifier: Apache-2.0
"""The site record: what a device's zones and lines are called, where they lie, what is promised.

A device sends it to its collector, signed, in an envelope of sequence 0::

    {"site_record":{"content":{"cameras":[…],"epsilon":1,…},"version":3}}

``content`` is the schema below in canonical JSON. The device counts ``version`` up whenever the
content changes. Names stay what identifies a place; a label is free text that only people read.
"""

import hashlib
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import SiteRecordError
from privcv_core.protocol.release import SEQUENCE_MAX, words_of
from privcv_core.settings.hours import Hours
from privcv_core.settings.label import Label
from privcv_core.settings.model import Name

MOST_BYTES = 262_144
"""Longest content of a record, canonical JSON."""

MOST_CAMERAS, MOST_ZONES, MOST_LINES = 64, 63, 16
FARTHEST_M = 1000.0

Metres = Annotated[float, Field(ge=-FARTHEST_M, le=FARTHEST_M, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordedZone(_Strict):
    """A zone on the floor of a camera."""

    name: Name = Field(description="As reports name it.")
    label: Label = Field("", description="What people call it; '' where nobody said.")
    polygon_m: list[Metres] = Field(
        min_length=6, max_length=512, description="Corners x1, y1, x2, y2, ... on the floor, m."
    )
    area_m2: float = Field(gt=0, allow_inf_nan=False, description="Of the polygon, square metres.")
    capacity: int | None = Field(
        None, ge=1, le=100_000, description="People who may be in it at once, where that is known."
    )

    queue: bool = Field(False, description="Whether people wait there: presence is its length.")

    @model_validator(mode="after")
    def _pairs(self) -> "RecordedZone":
        if len(self.polygon_m) % 2:
            raise ValueError("polygon_m needs an x and a y for every corner")
        return self


class RecordedLine(_Strict):
    """A line on the floor of a camera that people cross."""

    name: Name = Field(description="As reports name it.")
    label: Label = Field("", description="What people call it; '' where nobody said.")
    ends_m: list[Metres] = Field(min_length=4, max_length=4, description="x1, y1, x2, y2, m.")


class RecordedCamera(_Strict):
    """A camera with its zones and lines."""

    name: Name = Field(description="As reports name it.")
    label: Label = Field("", description="What people call it; '' where nobody said.")
    zones: list[RecordedZone] = Field(max_length=MOST_ZONES)
    lines: list[RecordedLine] = Field(default_factory=list, max_length=MOST_LINES)

    @model_validator(mode="after")
    def _distinct(self) -> "RecordedCamera":
        _refuse_twice("zone", [zone.name for zone in self.zones])
        _refuse_twice("line", [line.name for line in self.lines])
        return self


class SiteRecord(_Strict):
    """What one device counts, where, when, and under which promise."""

    site: Name = Field(description="The site's name in the site file.")
    label: Label = Field("", description="What people call it; '' where nobody said.")
    time_zone: str = Field(
        max_length=64,
        pattern=r"^[A-Za-z0-9_+/-]+$",
        description="IANA time zone of its hours, days and weeks.",
    )
    opening_hours: list[Hours] = Field(
        max_length=32, description="When it is open, in its time zone; none: always."
    )
    holidays: list[date] = Field(max_length=400, description="Days on which it is closed.")
    unit: Literal["visit", "person_window", "event"] = Field(description="Whom epsilon protects.")
    epsilon: float = Field(gt=0, allow_inf_nan=False, description="All that one unit pays.")
    delta: float = Field(ge=0, lt=1, description="Likewise; 0 for Laplace noise.")
    window_s: int = Field(ge=1, le=86_400, description="Usual length of a window, s.")
    adaptive: bool = Field(description="Whether windows are as long as they need to be.")
    k: int = Field(ge=1, description="Fewest people a zone shows; 1: all.")
    release: list[Name] = Field(max_length=32, description="The statistics that are released.")
    plan_m: list[Metres] = Field(
        min_length=4,
        max_length=4,
        description="Left, bottom, right and top of the plan on which it is drawn, m.",
    )
    cameras: list[RecordedCamera] = Field(min_length=1, max_length=MOST_CAMERAS)

    @model_validator(mode="after")
    def _fits_together(self) -> "SiteRecord":
        _refuse_twice("camera", [camera.name for camera in self.cameras])
        left, bottom, right, top = self.plan_m
        if left >= right or bottom >= top:
            raise ValueError("plan_m must be left, bottom, right, top, with left < right")
        return self

    def content(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return self.model_dump(mode="json")

    def canonical(self) -> bytes:
        """Its bytes (RFC 8785); raises ``SiteRecordError`` where they are too many."""
        spelled = canonical(self.content())
        if len(spelled) > MOST_BYTES:
            raise SiteRecordError(
                f"the site's record has {len(spelled)} bytes, at most {MOST_BYTES} are sent: give "
                "polygons fewer corners"
            )
        return spelled


class NumberedRecord(_Strict):
    """A record and its number on the device that made it."""

    content: SiteRecord
    version: int = Field(
        strict=True, ge=1, le=SEQUENCE_MAX, description="Counted up where the content changed."
    )


def read_site_record(text: str | bytes) -> SiteRecord:
    """The record that JSON spells. Raises ``SiteRecordError``."""
    if len(text) > MOST_BYTES:
        raise SiteRecordError(f"site record: {len(text)} bytes; at most {MOST_BYTES} are allowed")
    try:
        return SiteRecord.model_validate_json(text)
    except ValidationError as error:
        raise SiteRecordError(f"site record: {words_of(error)}") from error


def digest_of(spelled: bytes) -> bytes:
    """SHA-256 of a record's canonical bytes: whether two are the same."""
    return hashlib.sha256(spelled).digest()


def _refuse_twice(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two {what}s are called '{twice[0]}'")
