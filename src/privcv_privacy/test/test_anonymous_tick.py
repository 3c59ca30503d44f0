# SPDX-License-Identifier: Apache-2.0
"""Metres to zones: who makes ticks and who counts them agree on cells, ticks and their size."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from noise_doubles import Recorder

from privcv_privacy import anonymous_tick
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.settings import PrivacySettings

S = 1_000_000_000
START_S = 1_700_000_400  # the start of an hour


def people_counted(x_m: float, seconds: int = 40) -> list[int]:
    """People counted per window of 20 s in a zone from 0 to 10 m, while one stands at ``x_m``."""
    recorder = Recorder()
    zones = zone_map("lobby", {"hall": ZoneSettings(polygon_m=[0, 0, 10, 0, 10, 10, 0, 10])})
    settings = PrivacySettings(window_s=20, unit="event", dwell_period_s=60)
    device = Aggregator(settings, {"lobby": zones}, MemoryLedger(), noise=recorder)
    anonymizer = Anonymizer(AnonymizationSettings(), "lobby", Secret("known"), epoch_s=60)
    for half in range(2 * seconds + 2):
        stamp_ns = START_S * S + half * S // 2
        for tick in anonymizer.update(stamp_ns, [1], [x_m], [5.0], [0.0], [0.0], [0.5]):
            device.on_tick(tick)
    device.advance("lobby", (START_S + seconds) // anonymous_tick.TICK_S)
    return [int(counts.sum()) for counts in recorder.counts]


@pytest.mark.parametrize(
    ("x_m", "expected"), [(12.0, 0), (10.3, 0), (9.7, 1), (0.2, 1), (-0.2, 0), (-12.0, 0)]
)
def test_who_stands_outside_a_zone_does_not_count_in_it(x_m, expected):
    assert people_counted(x_m) == [expected, expected]


@given(st.floats(-30, 30))
def test_a_zone_counts_by_the_centre_of_the_cell(x_m):
    centre_m = (x_m // 0.5) * 0.5 + 0.25  # the 0.5 m of the design, not of the code
    assert people_counted(x_m, 20) == [int(0 <= centre_m <= 10)]


def test_the_constants_are_those_of_the_message():
    definition = Path(__file__).parents[2] / "privcv_msgs" / "msg" / "AnonymousTracks.msg"
    constants = dict(re.findall(r"^\w+ ([A-Z_]+)=(\S+)", definition.read_text(), re.MULTILINE))
    assert {name: float(value) for name, value in constants.items()} == {
        "TICK_S": anonymous_tick.TICK_S,
        "CELL_M": anonymous_tick.CELL_M,
        "MAX": anonymous_tick.MAX_PEOPLE,
        "MAX_CELLS_EACH": anonymous_tick.MAX_CELLS_EACH,
        "MAX_CELLS": anonymous_tick.MAX_CELLS,
    }
