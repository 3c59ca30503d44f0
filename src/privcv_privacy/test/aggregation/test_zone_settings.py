# SPDX-License-Identifier: Apache-2.0
"""Corners of a zone, as people and as ROS parameters write them."""

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_privacy.aggregation.zone_settings import ZoneSettings


def test_polygons_may_be_pairs_or_flat():
    assert ZoneSettings(polygon_m=[[0, 0], [4, 0], [4, 4]]).polygon_m == [0, 0, 4, 0, 4, 4]
    with pytest.raises(SettingsError, match="polygon_m"):
        parse_settings(ZoneSettings, {"polygon_m": [0, 0, 1, 1, 2, 2, 3]}, where="site.yaml")
