# SPDX-License-Identifier: Apache-2.0
"""What lies in a privacy zone is gone from the buffer, to the last pixel, at any resolution."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_perception.camera.privacy_zones import PrivacyZones, PrivacyZoneSettings
from privcv_perception.frames.buffers import FrameBuffer

fractions = st.floats(0, 1, allow_nan=False)


def zones(*polygon: float) -> dict[str, PrivacyZoneSettings]:
    return {"window": PrivacyZoneSettings(polygon=list(polygon))}


@settings(max_examples=60, deadline=None)
@given(
    corners=st.lists(st.tuples(fractions, fractions), min_size=3, max_size=6),
    size=st.tuples(st.integers(8, 90), st.integers(8, 90)),
)
def test_every_pixel_that_a_zone_touches_is_black(
    corners: list[tuple[float, float]], size: tuple[int, int]
) -> None:
    """The oracle is shapely: the zone as a polygon, each pixel as a unit square."""
    width, height = size
    frame = np.full((height, width, 3), 255, np.uint8)
    PrivacyZones(zones(*(v for corner in corners for v in corner)), width, height).black_out(frame)
    polygon = shapely.Polygon([(x * width, y * height) for x, y in corners])
    if not polygon.is_valid:
        return  # what a self-crossing outline encloses is a matter of opinion
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    overlap = shapely.area(
        shapely.intersection(polygon, shapely.box(column, row, column + 1, row + 1))
    )
    assert not frame[overlap > 0.02].any()
    far = shapely.distance(polygon, shapely.points(column + 0.5, row + 0.5)) > 4
    assert (frame[far] == 255).all()


def test_it_writes_into_our_own_buffer() -> None:
    buffer = FrameBuffer(64, 48)
    buffer.pixels[:] = 200
    address = buffer.address
    PrivacyZones(zones(0, 0, 1, 0, 1, 1, 0, 1), 64, 48).black_out(buffer.pixels)
    assert buffer.address == address
    assert not buffer.pixels.any()


def test_no_zone_changes_nothing() -> None:
    frame = np.full((8, 8, 3), 9, np.uint8)
    PrivacyZones({}, 8, 8).black_out(frame)
    assert (frame == 9).all()


def test_the_zone_stays_where_it_is_when_the_resolution_changes() -> None:
    shares = []
    middle = zones(0.25, 0.25, 0.75, 0.25, 0.75, 0.75, 0.25, 0.75)
    for width, height in ((640, 480), (1920, 1080)):
        frame = np.full((height, width, 3), 255, np.uint8)
        PrivacyZones(middle, width, height).black_out(frame)
        shares.append(float((frame == 0).mean()))
    assert shares == pytest.approx([0.25, 0.25], abs=0.015)


@pytest.mark.parametrize(
    ("polygon", "problem"),
    [
        ([[0, 0], [320, 0], [320, 240]], "not pixels"),
        ([0, 0, 1, 1], "at least 6"),
        ([0.5] * 7, "pairs"),
    ],
)
def test_a_polygon_that_cannot_be_meant_is_refused(polygon: list[object], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        parse_settings(PrivacyZoneSettings, {"polygon": polygon}, "site.yaml")
