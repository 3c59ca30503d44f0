# SPDX-License-Identifier: Apache-2.0
"""From the clock of a live source to the releases: a clock that is set ends statistics never.

Event clock, anonymizer and aggregator as in the graph, without processes. The device of the first
test booted with local time (UTC+5:30) in its hardware clock, and the network set it right.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from privcv_perception.sources.event_clock import EventClock
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.settings import PrivacySettings

NS = 1_000_000_000
TRUE_S = 1_800_000_000 // 3600 * 3600  # time at the first frame
WINDOW_S = 300
PEOPLE = ([1], [1.0], [1.0], [0.0], [0.0], [0.5])
ZONES = {"cam": zone_map("cam", {"a": ZoneSettings(polygon_m=[0, 0, 4, 0, 4, 4, 0, 4])})}


@dataclass
class Camera:
    """One live camera with people under it, 2 frames a second, and its device."""

    wrong_s: float = 0.0  # the device's clock less the true time
    passed_s: float = 0.0
    windows: list[tuple[float, dict[str, Any]]] = field(default_factory=list)  # true time, report

    def __post_init__(self) -> None:
        self.clock = EventClock()
        self.anonymizer = Anonymizer(AnonymizationSettings(), "cam")
        self.aggregator = Aggregator(
            PrivacySettings(k=1, epsilon=10, window_s=300), ZONES, MemoryLedger(), self.now_s,
            monotonic_s=lambda: 500 + self.passed_s,
        )  # fmt: skip

    def now_s(self) -> float:
        return TRUE_S + self.passed_s + self.wrong_s

    def run(self, seconds: float) -> None:
        for _ in range(int(2 * seconds)):
            self.passed_s += 0.5
            stamp = self.clock.stamp(round(self.now_s() * NS), round((500 + self.passed_s) * NS))
            for tick in self.anonymizer.update(stamp.time_ns, *PEOPLE, stamp.era):
                for release in self.aggregator.on_tick(tick):
                    for report in json.loads(release.payload)["zones"][1:]:
                        self.windows.append((self.passed_s, report))

    def observed(self, since_s: float) -> list[float]:
        """Starts, true time since the first frame, of windows that were observed from then on."""
        starts = []
        for at_s, report in self.windows:
            if at_s >= since_s and report["reason"] != "unobserved":
                start = datetime.fromisoformat(report["window_start"].replace("Z", "+00:00"))
                starts.append(start.timestamp() - TRUE_S - self.wrong_s)
        return starts


@pytest.mark.parametrize("hours", [5.5, -5.5, 365 * 24])
def test_a_clock_that_was_wrong_at_boot_and_is_set_right(hours: float) -> None:
    camera = Camera(wrong_s=hours * 3600)
    camera.run(600)
    camera.wrong_s = 0
    camera.run(3 * WINDOW_S)
    ours = [start for start in camera.observed(600) if 0 <= start - 600 + WINDOW_S <= 1200]
    assert len(ours) >= 2


@pytest.mark.parametrize("step_s", [-20, -60, 60, -5.5 * 3600, 5.5 * 3600, 365 * 86_400])
def test_a_clock_that_is_set_under_the_running_camera(step_s: float) -> None:
    camera = Camera()
    camera.run(1000)
    camera.wrong_s = step_s
    camera.run(3 * WINDOW_S)
    ours = [start for start in camera.observed(1000) if 0 <= start - 1000 + WINDOW_S <= 1200]
    assert len(ours) >= 2
    assert camera.anonymizer.counts.backwards == 0  # the source told: no frame was lost
