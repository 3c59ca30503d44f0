# SPDX-License-Identifier: Apache-2.0
"""The promise, attacked: everything that leaves, on two worlds that differ in one visit.

The attack is that of ``epsilon_attack``. Each planted bug must push its bound over the nominal
value.
"""

import functools
import math
import os
from collections.abc import Iterator
from typing import ClassVar

import epsilon_attack
import pytest
from anonymous_ticks import tick_in_cells
from noise_doubles import PooledNoise
from tick_sequences import START, content, tick
from worlds import unfiltered

from privcv_privacy.aggregation import camera_windows, publisher, release_queue
from privcv_privacy.aggregation.contribution import Beyond, Bound, Contributions
from privcv_privacy.aggregation.publisher import Publisher
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymization import anonymizer, person_features
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.identities import Identities
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.noise import two_depths
from privcv_privacy.settings import BudgetShares, PrivacySettings

EPSILON = 2.0
RUNS = int(os.environ.get("PRIVCV_PRIVACY_RUNS", "600"))  # per world; the long run takes 20000
WINDOW_S, WINDOWS = 20, 3
TICKS = WINDOW_S // TICK_S  # in a window
SETTINGS = PrivacySettings(
    epsilon=EPSILON, max_cells=1, window_s=WINDOW_S, dwell_period_s=60, k=22, margin=1
)
TARGET = 10**6


def world(present: bool, camera: str) -> Iterator[AnonymousTick]:
    """Six people per heading, zone and window; the target heads north in the first, for all three
    windows and one dwell period, so that two of its windows are beyond the bound of one cell."""
    for window in range(WINDOWS + 1):
        people = [(100 * window + i, i % 2, 1 + 2 * (i // 2 % 4)) for i in range(48)]
        target = [(TARGET, 0, 3)] if present and window < WINDOWS else []
        yield tick(TICKS * window, people + target, camera)
        for number in range(1, TICKS if window < WINDOWS else 1):
            yield tick(TICKS * window + number, target, camera)


def features(releases: list[Release]) -> list[float]:
    """Every number that was released about the target's zone."""
    numbers: list[float] = []
    for release in releases:
        said = content(release)
        for report in said["zones"]:
            if report["zone"] == "z0":
                numbers += [report["status"] == "published", report["occupancy"], *report["flow"]]
        for report in said["dwell"]:
            if report["zone"] == "z0":
                numbers += report["visits"]
    return numbers


certain_epsilon = functools.partial(
    epsilon_attack.certain_epsilon, runs=RUNS, settings=SETTINGS, ticks_of=world, view=features
)


def test_the_release_never_exceeds_its_epsilon_and_the_attack_has_power():
    """It also finds most of what the visit really pays, so that a bug would stand out."""
    assert EPSILON / 3 < certain_epsilon(enough=EPSILON / 3) <= EPSILON


def halved_noise(epsilon, delta, votes):
    return PooledNoise(2 * epsilon, delta, votes)


class ForgetfulLedger(MemoryLedger):
    """Draws again on each retry: all draws leave, and the attacker averages them.

    With seven retries 400 runs find an epsilon of 3.0, with a standard deviation of 0.2; with three
    it was 2.3, too near to the nominal 2 to be found in every run.
    """

    retries = 7

    def __init__(self):
        super().__init__()
        self.leaked: list[list[Release]] = [[] for _ in range(self.retries)]

    def release(self, key, charges, render, costs=None):
        for draw in self.leaked:
            draw.append(Release(1, render(1, True), True, True))
        return super().release(key, charges, render)

    def redrawn(self):
        draws, self.leaked = self.leaked, [[] for _ in range(self.retries)]
        return draws


NO_VALUES = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}


class TrueThreshold(Publisher):
    """Hides a zone when fewer than k people were truly there."""

    def zone_reports(self, span, counts, dropped, before):
        reports, after = super().zone_reports(span, counts, dropped, before)
        hidden = {"status": "suppressed", "reason": "below_k", **NO_VALUES}
        for index, row in enumerate(counts, start=1):
            if row.sum() < 25:
                reports[index] = reports[index].model_copy(update=hidden)
        return reports, after


class TrueFlow(Publisher):
    """The true headings beside a noisy total; so that they sum to it, +x takes the difference."""

    def zone_reports(self, span, counts, dropped, before):
        reports, after = super().zone_reports(span, counts, dropped, before)
        for index, row in enumerate(counts, start=1):
            if reports[index].published:
                flow = row.copy()
                flow[1] += reports[index].occupancy - row.sum()
                reports[index] = reports[index].model_copy(update={"flow": flow.tolist()})
        return reports, after


def test_half_the_noise_is_caught():
    # 600 runs find 2.6 with a standard deviation of 0.24: too little to be found every time.
    assert certain_epsilon(noise=halved_noise, runs=max(RUNS, 1200), enough=EPSILON) > EPSILON


def test_a_redrawn_retry_is_caught():
    assert certain_epsilon(ledger=ForgetfulLedger, runs=400, enough=EPSILON) > EPSILON


@pytest.mark.parametrize(("bug", "runs"), [(TrueThreshold, 300), (TrueFlow, 600)])
def test_a_look_at_true_counts_is_caught(bug, runs, monkeypatch):
    monkeypatch.setattr(release_queue, "Publisher", bug)
    assert certain_epsilon(runs=runs, enough=EPSILON) > EPSILON


def test_two_votes_per_visit_are_caught(monkeypatch):
    once = Contributions.close_window

    def twice(self):
        return 2 * once(self)

    monkeypatch.setattr(Contributions, "close_window", twice)
    # 600 runs find 2.3 with a standard deviation of 0.2, 1500 find 2.85.
    assert certain_epsilon(runs=max(RUNS, 1500), enough=EPSILON) > EPSILON


def test_unbounded_visits_are_caught(monkeypatch):
    monkeypatch.setattr(Bound, "admits", lambda self, life, window: True)
    # What it adds lies in three windows: with 600 runs the bound misses it one time in four.
    assert certain_epsilon(runs=max(RUNS, 1500), enough=EPSILON) > EPSILON


# Who reaches the bound, told in every window: nearly all of epsilon is for it.
STAYING = 6  # windows
DROPPED = SETTINGS.model_copy(
    update={"k": 1, "shares": BudgetShares(counts=0.05, dwell=0.0, bias=0.95)}
)


class Heard(PooledNoise):
    """What leaves of those who reached the bound is only a ratio; here all of it is overheard."""

    numbers: ClassVar[list[int]] = []

    def release(self, counts):
        noisy = super().release(counts)
        if len(counts) in (1, 2):  # a histogram has more
            self.numbers += noisy.tolist()
        return noisy


def overheard(releases: list[Release]) -> list[float]:
    numbers, Heard.numbers = Heard.numbers, []
    return [float(number) for number in numbers]


def staying(present: bool, camera: str) -> Iterator[AnonymousTick]:
    """The target goes to and fro between two zones for six windows, among others."""
    for number in range(STAYING * TICKS + 1):
        others = [(100 + i, i % 2, 1) for i in range(6)] if number % TICKS == 0 else []
        yield tick(number, others + ([(TARGET, number % 2, 3)] if present else []), camera)


of_dropped = functools.partial(
    certain_epsilon, noise=Heard, settings=DROPPED, ticks_of=staying, view=overheard
)


def test_who_reaches_the_bound_never_exceeds_epsilon_and_the_attack_has_power():
    assert EPSILON / 3 < of_dropped(enough=EPSILON / 3) <= EPSILON


def test_who_is_counted_as_dropped_in_every_window_is_caught(monkeypatch):
    def again(self, visit):
        self.beyond = Beyond(self.beyond.reached + (len(visit.refused) == 1), 0)

    monkeypatch.setattr(Contributions, "_drop", again)
    assert of_dropped(runs=400, enough=EPSILON) > EPSILON


# Three zones are two more than the one cell that may count: who went far beyond it is told too.
def roaming(present: bool, camera: str) -> Iterator[AnonymousTick]:
    """The target goes round three zones for three windows, among others who stay in theirs."""
    for number in range(3 * TICKS + 1):
        others = [(100 + i, i % 3, 1) for i in range(6)] if number % TICKS == 0 else []
        yield tick(number, others + ([(TARGET, number % 3, 3)] if present else []), camera)


of_depths = functools.partial(of_dropped, ticks_of=roaming, zones=3)


@pytest.fixture
def quick(monkeypatch):
    """What comes after the noise is free, and not overheard here."""
    monkeypatch.setattr(publisher, "filter_window", unfiltered)


def test_who_goes_far_beyond_the_bound_never_exceeds_epsilon_and_the_attack_has_power(quick):
    # Two thirds of epsilon are for one number and window, a third for another.
    assert EPSILON / 6 < of_depths(enough=EPSILON / 6) <= EPSILON


def test_cells_beyond_the_bound_in_place_of_visits_are_caught(quick, monkeypatch):
    once = Contributions._drop

    def each(self, visit):
        once(self, visit)
        self.beyond = Beyond(self.beyond.reached, self.beyond.far + 1)

    monkeypatch.setattr(Contributions, "_drop", each)
    assert of_depths(runs=max(RUNS, 800), enough=EPSILON) > EPSILON


def test_two_depths_with_the_noise_of_one_are_caught(quick, monkeypatch):
    monkeypatch.setattr(two_depths, "VOTES", 1)
    assert of_depths(enough=EPSILON) > EPSILON


# Windows of one person, from tracks on: what is done in one must not be told in later ones.
LATER = 8  # windows after it
OF_WINDOWS = PrivacySettings(
    unit="person_window", epsilon=EPSILON, max_cells=1, window_s=WINDOW_S, min_coverage=0.2, k=1,
    dwell_period_s=WINDOW_S * (LATER + 2),
)  # fmt: skip


def tracked_world(present: bool, camera: str) -> Iterator[AnonymousTick]:
    """Somebody stands for a window, walks about in the second if ``present``, and then strolls at
    0.3 m/s for eight windows; identities are replaced on request in the second one."""
    device = Anonymizer(
        AnonymizationSettings(identities={"silence_s": 5}), camera, epoch_s=OF_WINDOWS.epoch_s
    )
    for second in range(WINDOW_S * (LATER + 2) + 1):
        window = second // WINDOW_S
        speed_mps = (0.0, 1.0)[window] if window < 2 else 0.3
        there = window != 1 or present
        if second == WINDOW_S + 1:
            device.rotate_now("test")
        columns = [[TARGET], [2.0], [2.0], [speed_mps], [0.0], [0.5]] if there else [[]] * 6
        yield from device.update((START * TICK_S + second) * 10**9, *columns)


class Remembering:
    """Direction with hysteresis: who moved still moves at half the speed that it takes to begin."""

    def __init__(self):
        self.moving = False

    def __call__(self, vx_mps, vy_mps):
        self.moving = math.hypot(vx_mps, vy_mps) >= (0.2 if self.moving else 0.4)
        return int(self.moving)


class Withholding(Identities):
    """Identities that rotate and withhold, also where a window is protected."""

    def step(self, now_ns, seen, epoch=0):
        return super().step(now_ns, seen)


of_windows = functools.partial(certain_epsilon, settings=OF_WINDOWS, ticks_of=tracked_world)


def test_a_window_never_exceeds_its_epsilon_and_the_attack_has_power():
    assert EPSILON / 10 < of_windows(enough=EPSILON / 10) <= EPSILON


def test_a_direction_that_is_remembered_is_caught(monkeypatch):
    def ticks_of(present, camera):
        monkeypatch.setattr(person_features, "direction_of", Remembering())
        return list(tracked_world(present, camera))

    assert of_windows(runs=300, ticks_of=ticks_of, enough=EPSILON) > EPSILON


def test_withholding_under_a_weaker_unit_is_caught(monkeypatch):
    monkeypatch.setattr(anonymizer, "EpochIdentities", Withholding)
    assert of_windows(runs=300, enough=EPSILON) > EPSILON


# One event: what the ticks tell of somebody in z0 in the first window.
STAYS = 7  # windows that they are there
OF_EVENTS = PrivacySettings(
    unit="event", epsilon=EPSILON, window_s=WINDOW_S, k=1, margin=0, dwell_period_s=WINDOW_S * STAYS
)
INSIDE, BESIDE = [(2 * step, 3) for step in range(4)], [(3, 8)]  # z0 is cells 0 to 7 in x and in y


def crossing_world(present: bool, camera: str) -> Iterator[AnonymousTick]:
    """Somebody crosses z0 in four cells of one tick if ``present``, and the same tick ends in z1
    in any case; then they stay beside z0."""
    for number in range(TICKS * STAYS + 1):
        way = [*(INSIDE if present else []), (8, 3)] if number == 0 else BESIDE
        crowd = [
            (100 + i, [(8 * (i % 2) + 3, 3)], 1 + 2 * (i // 2 % 4)) for i in range(48) if not number
        ]
        yield tick_in_cells(camera, START + number, [*crowd, (TARGET, way, 3)])


class CellVotes(Contributions):
    """Counts cells instead of people: an identity votes once for each cell that it was in."""

    def __init__(self, *of):
        super().__init__(*of)
        self.votes = 0 * super().close_window()

    def add(self, tick, ids, zones, last, directions):
        super().add(tick, ids, zones, last, directions)
        for entered in zones:
            for zone in entered:
                self.votes[zone, 1] += 1

    def close_window(self):
        votes, self.votes = self.votes, 0 * super().close_window()
        return votes


def each_cell(self, tick):
    """The zone of every cell, so one zone many times."""
    zones = self.locate(tick.cell_xy)
    return [zones[tick.owner == one].tolist() for one in range(len(tick.ids))], zones[
        tick.last_cell
    ]


class PullingIn(Contributions):
    """Whoever was in a zone still counts in it while they are beside it."""

    def __init__(self, *of):
        super().__init__(*of)
        self.before = {}

    def add(self, tick, ids, zones, last, directions):
        kept = []
        for id, entered in zip(ids.tolist(), zones, strict=True):
            kept.append(entered or self.before.get(id, []))
            self.before[id] = kept[-1]
        super().add(tick, ids, kept, last, directions)


of_events = functools.partial(certain_epsilon, settings=OF_EVENTS, ticks_of=crossing_world)


def test_an_event_never_exceeds_its_epsilon_and_the_attack_has_power():
    assert EPSILON / 10 < of_events(runs=max(RUNS // 2, 300), enough=EPSILON / 10) <= EPSILON


def test_a_vote_for_each_cell_is_caught(monkeypatch):
    monkeypatch.setattr(camera_windows, "Contributions", CellVotes)
    monkeypatch.setattr(ZoneMap, "visited", each_cell)
    assert of_events(runs=300, enough=EPSILON) > EPSILON


def test_a_zone_that_pulls_in_who_is_beside_it_is_caught(monkeypatch):
    monkeypatch.setattr(camera_windows, "Contributions", PullingIn)
    # 300 runs find 2.4 with a standard deviation of 0.3.
    assert of_events(runs=600, enough=EPSILON) > EPSILON
