# SPDX-License-Identifier: Apache-2.0
"""Visitors alone are one number of each zone: no heading is told, and none has noise."""

from noise_doubles import Recorder
from tick_sequences import TICKS, aggregator, content, play, tick

from privcv_privacy.settings import PrivacySettings


def released(*release: str):
    settings = PrivacySettings(
        release=list(release), window_s=20, k=1, dwell_period_s=60, epsilon=10
    )
    recorder = Recorder()
    ticks = [tick(i, [(100 * i + n, n % 2, 1 + 2 * (n % 4)) for n in range(8)]) for i in range(3)]
    releases = play(aggregator(settings, noise=recorder), [*ticks, tick(TICKS, [])])
    return content(releases[0])["zones"], recorder.counts[0].tolist()


def test_without_flow_noise_is_drawn_once_for_each_zone():
    zones, counts = released("visitors")
    assert counts == [12, 12]
    assert [zone["flow"] for zone in zones] == [[0] * 5] * 3
    assert all(abs(zone["occupancy"] - 12) <= 3 for zone in zones[1:])


def test_with_flow_each_heading_is_told():
    zones, counts = released("visitors", "flow")
    assert len(counts) == 10
    assert sum(counts) == 24
    assert all(sum(zone["flow"]) == zone["occupancy"] > 0 for zone in zones)
