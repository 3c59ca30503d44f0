# SPDX-License-Identifier: Apache-2.0
"""Ticks, crashes, replays, restarts, rotations and days in any order: no visit overspends.

The aggregation over the durable ledger, judged by what was published alone. ``PRIVCV_LONG=1`` runs
many more and longer sequences.
"""

import json
import os
import shutil
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from anonymous_ticks import tick_in_cells
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.settings import PrivacySettings

LONG = bool(os.environ.get("PRIVCV_LONG"))
WINDOW_TICKS = 12  # of a minute
ROTATION_TICKS = 4 * WINDOW_TICKS
MOST_CELLS = 1
SETTINGS = PrivacySettings(
    window_s=60,
    max_cells=MOST_CELLS,
    k=1,
    dwell_period_s=600,
    identity_lifetime_s=ROTATION_TICKS * 5 + 5,
)
NOTHING_TOLD = ("budget", "unobserved")  # neither looks at who was there
ZONES = {
    name: ZoneSettings(polygon_m=[x, 0, x + 4, 0, x + 4, 4, x, 4])
    for name, x in (("left", 0), ("middle", 4), ("right", 8))
}
START = 340_000_000 - 340_000_000 % 17280
PEOPLE = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4)


class Device(RuleBasedStateMachine):
    """One camera, one ledger, and a recording of all ticks to replay."""

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="privcv-device-"))
        self.folder = self.root / "0"
        self.folder.mkdir()
        self.runs = 0
        self.now = START
        self.generation = 0
        self.recorded: dict[int, AnonymousTick] = {}
        self.payloads: dict[int, bytes] = {}
        # The cells that each identity was counted in, by the run of the process that counted it.
        self.paid: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.old: list[Ledger] = []
        self.begin()

    def begin(self) -> None:
        self.ledger = Ledger(self.folder / "ledger.db")
        self.aggregator = Aggregator(SETTINGS, {"lobby": zone_map("lobby", ZONES)}, self.ledger)
        self.seen: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))

    def feed(self, tick: AnonymousTick) -> None:
        releases = self.aggregator.on_tick(tick)
        for release in releases:
            stored = self.payloads.setdefault(release.sequence, release.payload)
            assert stored == release.payload
            report = json.loads(release.payload)
            if not release.fresh or not report["zones"]:
                continue
            if report["zones"][0]["reason"] in NOTHING_TOLD:
                assert all(zone["epsilon"] == zone["occupancy"] == 0 for zone in report["zones"])
                continue
            began = datetime.fromisoformat(
                report["zones"][0]["window_start"].replace("Z", "+00:00")
            )
            for identity, zones in self.seen[round(began.timestamp()) // 60].items():
                self.paid[identity][self.runs] += len(zones)
        for identity, (cell_x, _) in zip(tick.ids.tolist(), tick.cell_xy.tolist(), strict=True):
            self.seen[tick.tick // WINDOW_TICKS][identity].add(cell_x // 8)

    @rule(minutes=st.integers(1, 4), people=PEOPLE)
    def pass_time(self, minutes: int, people: list[tuple[int, int]]) -> None:
        for _ in range(minutes * WINDOW_TICKS):
            if self.now not in self.recorded:
                rotation = self.generation * 10**6 + self.now // ROTATION_TICKS
                there = {rotation * 10 + number: zone for number, zone in people}
                self.recorded[self.now] = tick_in_cells(
                    "lobby", self.now, [(id, [(8 * zone + 3, 3)], 0) for id, zone in there.items()]
                )
            self.feed(self.recorded[self.now])
            self.now += 1

    @rule(back_ticks=st.integers(0, 5 * WINDOW_TICKS))
    def crash_and_replay(self, back_ticks: int) -> None:
        """The process dies; another starts with what is on disk and is fed the recording."""
        self.runs += 1
        after = self.root / str(self.runs)
        shutil.copytree(self.folder, after)
        self.old.append(self.ledger)
        self.folder = after
        self.begin()
        self.now = max(START, self.now - back_ticks)

    @rule()
    def restart(self) -> None:
        self.runs += 1
        self.ledger.close()
        self.begin()

    @rule()
    def renew_identities(self) -> None:
        last = max(self.recorded, default=self.now)
        if last < self.now:  # a recording cannot be told to rotate
            self.generation += 1
            self.aggregator.identities_renewed("lobby", self.now)

    @rule(days=st.integers(1, 2))
    def day_turns(self, days: int) -> None:
        if max(self.recorded, default=self.now) < self.now:
            self.now += days * 17280

    @invariant()
    def no_visit_is_counted_in_more_cells_than_it_pays_for(self) -> None:
        for identity, runs in getattr(self, "paid", {}).items():
            cells = sum(min(count, MOST_CELLS) for count in runs.values())
            assert cells <= MOST_CELLS, f"identity {identity} paid {cells} cells: {dict(runs)}"

    @invariant()
    def every_release_is_on_disk(self) -> None:
        if hasattr(self, "payloads") and self.payloads:
            assert self.ledger.head >= max(self.payloads)
            for waiting in self.ledger.unacknowledged():
                assert self.payloads.get(waiting.sequence, waiting.payload) == waiting.payload

    def teardown(self) -> None:
        for ledger in [*getattr(self, "old", []), getattr(self, "ledger", None)]:
            if ledger is not None:
                ledger.close()
        if hasattr(self, "root"):
            shutil.rmtree(self.root)


TestDevice = Device.TestCase
TestDevice.settings = settings(
    max_examples=300 if LONG else 12, stateful_step_count=25 if LONG else 10, deadline=None
)
