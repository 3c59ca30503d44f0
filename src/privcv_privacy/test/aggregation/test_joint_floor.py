# SPDX-License-Identifier: Apache-2.0
"""Several cameras over one floor count it together, and each place once.

The oracle counts people by where they truly were, and knows nothing of ticks, tables or windows.
"""

import numpy as np
import pytest
from anonymous_ticks import tick_in_cells
from hypothesis import given, settings
from hypothesis import strategies as st
from noise_doubles import Recorder
from tick_sequences import PLAIN, START, TICKS, content, row_of_zones

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.cell_ownership import FloorCamera, cell_ownership
from privcv_privacy.aggregation.joint_floor import Floor, Seen
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import ZoneError
from privcv_privacy.settings import BudgetShares, PrivacySettings

ZONES = 3
WIDTH = 8 * ZONES  # cells; zone z is 8 of them, 4 m
WEST, EAST = "west", "east"
STANDING = {WEST: FloorCamera(at_m=[1.0, 2.0]), EAST: FloorCamera(at_m=[11.0, 2.0])}
MIDDLE = WIDTH // 2  # cells below are nearer to the camera in the west


def floor(cameras=STANDING, lines=None) -> Floor:
    zones = row_of_zones("hall", ZONES)
    owned = cell_ownership(zones, cameras)
    return Floor(zones, {n: Seen(owned[n], (lines or {}).get(n, ())) for n in cameras})


def joint(options=PLAIN, cameras=STANDING, ledger=None, **more):
    recorder = Recorder()
    device = Aggregator(
        options, {}, ledger or MemoryLedger(), noise=recorder,
        floors={"hall": floor(cameras)}, **more,
    )  # fmt: skip
    return device, recorder


def seen_by(camera: str, number: int, people, generation=0, seen=100):
    """``people``: id, and the cells along x that they were in, of whom every camera sees all."""
    offset = 0 if camera == WEST else 10**6  # identities of one camera mean nothing to another
    paths = [(id + offset, [(x, 3) for x in path], 1) for id, path in people]
    return tick_in_cells(camera, START + number, paths, seen=seen, epoch_s=0, generation=generation)


def play(device, ticks):
    return [release for one in ticks for release in device.on_tick(one)]


def crowd(rng, ticks, people=12):
    """Where each walks: a path of cells in each tick, over the whole floor, all in the overlap."""
    place = {id: int(rng.integers(WIDTH)) for id in range(people)}
    for number in range(ticks):
        said = []
        for id in place:
            aim = int(np.clip(place[id] + rng.integers(-6, 7), 0, WIDTH - 1))
            step = 1 if aim >= place[id] else -1
            said.append((id, list(range(place[id], aim + step, step))))
            place[id] = aim
        yield number, said


@pytest.mark.parametrize(
    ("cameras", "owner"),
    [
        (STANDING, lambda x: x >= MIDDLE),
        (
            {
                WEST: FloorCamera(owns_m=[0, 0, 4, 0, 4, 4, 0, 4]),
                EAST: FloorCamera(owns_m=[4, 0, 12, 0, 12, 4, 4, 4]),
            },
            lambda x: x >= 8,
        ),
    ],
)
def test_an_overlap_is_counted_once(cameras, owner):
    """Both cameras see everybody: each is counted once by the camera whose place it is."""
    options = PLAIN.model_copy(update={"max_cells": 64})
    device, recorder = joint(options, cameras)
    windows = 20
    walks = list(crowd(np.random.default_rng(7), windows * TICKS + 1))
    for number, people in walks:
        play(device, [seen_by(camera, number, people) for camera in (WEST, EAST)])
    counted = np.array(recorder.counts).reshape(windows, ZONES, -1).sum(axis=2)
    for window in range(windows):
        there = {
            (id, x // 8, owner(x))
            for number, people in walks
            if number // TICKS == window
            for id, path in people
            for x in path
        }
        by_zone = [sum(zone == z for _, zone, _ in there) for z in range(ZONES)]
        assert counted[window].tolist() == by_zone
    if owner(7) == owner(0):  # zones do not lie across the border: people, each once
        assert {len({id for id, z, _ in there if z == 0})} == {by_zone[0]}


def test_sums_are_added_before_the_noise():
    """One draw for a window of the floor, however many cameras count it."""
    device, recorder = joint()
    everybody = [(i, [i % WIDTH]) for i in range(30)]
    ticks = [seen_by(c, n, everybody) for n in range(TICKS + 1) for c in (WEST, EAST)]
    releases = play(device, ticks)
    (counts,) = recorder.counts
    assert counts.sum() == 30
    (release,) = releases
    assert {one["camera"] for one in content(release)["zones"]} == {"hall"}


def test_people_whom_two_cameras_gave_one_identity_are_two():
    device, recorder = joint()
    for number in range(TICKS + 1):
        for camera, x in ((WEST, 0), (EAST, 20)):
            device.on_tick(tick_in_cells(camera, START + number, [(7, [(x, 3)], 1)]))
    (counts,) = recorder.counts
    assert counts.sum() == 2


def test_a_floor_waits_for_its_slowest_camera():
    device, recorder = joint()
    west = [seen_by(WEST, number, [(1, [0])]) for number in range(3 * TICKS)]
    east = [seen_by(EAST, number, [(1, [20])]) for number in range(3 * TICKS)]
    assert play(device, west) == []
    assert len(play(device, east[: TICKS + 1])) == 1
    assert len(play(device, east[TICKS + 1 : -1])) == 1
    assert device.finish(EAST) == []  # of the last tick it told nothing
    assert len(device.finish(WEST)) == 1
    assert [int(counts.sum()) for counts in recorder.counts] == [2, 2, 2]


def test_while_a_camera_is_silent_the_floor_is_unobserved_and_no_zone_reads_zero():
    device, _ = joint()
    play(device, [seen_by(c, 0, []) for c in (WEST, EAST)])
    releases = play(device, [seen_by(WEST, n, [(1, [0])]) for n in range(1, 2 * TICKS + 1)])
    assert releases == []
    releases += device.advance(EAST, START + 2 * TICKS)
    said = [content(release)["zones"] for release in releases]
    assert [one["reason"] for zones in said for one in zones] == ["unobserved"] * 8
    assert [zones[0]["coverage"] for zones in said] == [0.25, 0.0]
    again = [seen_by(c, n, []) for n in range(2 * TICKS + 1, 4 * TICKS + 1) for c in (EAST, WEST)]
    said = [content(release)["zones"][0] for release in play(device, again)]
    assert [(one["coverage"], one["status"]) for one in said] == [
        (0.75, "published"), (1.0, "published"),
    ]  # fmt: skip


def test_a_camera_that_looks_little_says_how_much_the_floor_was_observed():
    device, _ = joint()
    ticks = [
        tick
        for number in range(TICKS + 1)
        for tick in (seen_by(WEST, number, []), seen_by(EAST, number, [], seen=60))
    ]
    releases = play(device, ticks)
    assert content(releases[0])["zones"][0]["coverage"] == 0.6


STEPS = st.lists(
    st.tuples(
        st.sampled_from([WEST, EAST]),
        st.integers(0, 2),  # who
        st.integers(0, WIDTH - 1),  # where from
        st.integers(-9, 9),  # and how far
        st.integers(1, 4),  # ticks
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(0, 2), st.sampled_from([WEST, EAST]), st.sets(st.integers(0, 60)))
def test_one_visit_more_or_less_is_no_more_than_its_votes(steps, gone, camera_of_gone, replaced):
    """Whoever walks where, also off what their camera owns, and whose identities are replaced."""
    options = PrivacySettings(
        max_cells=2, window_s=20, k=1, dwell_period_s=60, identity_lifetime_s=3600,
        identity_absence_s=10,
    )  # fmt: skip
    where: dict[tuple[str, int, int], list[int]] = {}
    now = {(c, who): 0 for c in (WEST, EAST) for who in range(3)}
    for camera, who, x, far, ticks in steps:
        for _ in range(ticks):
            aim = int(np.clip(x + far, 0, WIDTH - 1))
            where[camera, who, now[camera, who]] = sorted({x, aim})
            now[camera, who] += 1
        now[camera, who] += far % 3
    moved = []
    for without in (False, True):
        device, recorder = joint(options)
        generation = {WEST: 0, EAST: 0}
        for number in range(max(now.values()) + 2 * TICKS):
            for camera in (WEST, EAST):
                people = [
                    (10 * generation[camera] + who, where[camera, who, number])
                    for who in range(3)
                    if (camera, who, number) in where
                    and not (without and (camera, who) == (camera_of_gone, gone))
                ]
                play(device, [seen_by(camera, number, people, generation[camera])])
                if camera == EAST and number in replaced:
                    generation[EAST] += 1
        made = [np.concatenate(noise.seen) for noise in recorder.made if noise.seen]
        moved.append(made)
    with_, absent = moved
    lives = 1 + (len(replaced) if camera_of_gone == EAST else 0)  # identities of one stay
    assert len(with_) == len(absent)
    for one, other, votes in zip(with_, absent, (2, 2, 1), strict=False):
        assert np.abs(one - other).sum() <= votes * lives


def test_where_one_camera_replaces_its_identities_visits_of_the_other_go_on():
    """A vote more for them would be one that nobody paid for."""
    options = PLAIN.model_copy(update={"max_cells": 1})
    device, recorder = joint(options)
    for number in range(5 * TICKS + 1):
        play(device, [
            seen_by(WEST, number, [(1, [0])]),
            seen_by(EAST, number, [], generation=number // TICKS),
        ])  # fmt: skip
    assert sum(int(counts.sum()) for counts in recorder.counts) == 1


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("first", ["camera", "floor"])
def test_who_paid_under_a_camera_does_not_pay_again_under_its_floor(tmp_path, durable, first):
    """The site was changed, and identities go on: their pools are summed, whatever the name."""
    shares = BudgetShares(counts=1.0, dwell=0.0, bias=0.0)
    options = PLAIN.model_copy(update={"max_cells": 1, "shares": shares})
    ledger = Ledger(tmp_path / "ledger.db") if durable else MemoryLedger()

    def alone(begin):
        device = Aggregator(options, {WEST: row_of_zones(WEST, ZONES)}, ledger, noise=Recorder())
        return play(device, [seen_by(WEST, begin + n, [(1, [0])]) for n in range(TICKS + 1)])

    def together(begin):
        device, _ = joint(options, ledger=ledger)
        return play(device, [
            seen_by(c, begin + n, [(1, [0])]) for n in range(TICKS + 1) for c in (WEST, EAST)
        ])  # fmt: skip

    runs = [alone, together] if first == "camera" else [together, alone]
    (before,), (after,) = runs[0](0), runs[1](2 * TICKS)
    assert content(before)["zones"][1]["reason"] == "none"
    assert content(after)["zones"][1]["reason"] == "budget"


def test_two_cameras_of_a_floor_that_count_alone_again_do_not_pay_for_each_other():
    ledger = MemoryLedger()
    ledger.join("hall", [WEST, EAST])
    device = Aggregator(
        PLAIN, {name: row_of_zones(name, ZONES) for name in (WEST, EAST)}, ledger,
        noise=Recorder(),
    )  # fmt: skip
    releases = play(device, [
        seen_by(c, n, [(1, [0])]) for n in range(TICKS + 1) for c in (WEST, EAST)
    ])  # fmt: skip
    assert [content(one)["zones"][1]["reason"] for one in releases] == ["none", "none"]


def test_lines_of_cameras_are_lines_of_their_floor():
    ticks = [tick_in_cells(c, START, [(1, [(0, 3)], 1)]) for c in (WEST, EAST)]
    owned = cell_ownership(row_of_zones("hall", ZONES), STANDING)
    crossed = np.array([0b1001], dtype=np.uint32)  # line 0 to its left, line 1 to its right
    seen = [
        Seen(owned[name], lines).of(tick.__class__(**{**vars(tick), "crossed": crossed}))
        for tick, name, lines in zip(ticks, (WEST, EAST), ((0, 2), (1, 3)), strict=True)
    ]
    assert [int(one.crossed[0]) for one in seen] == [0b100001, 0b10000100]


def test_identities_of_a_floor_are_new_when_those_of_all_its_cameras_are():
    options = PLAIN.model_copy(update={"max_cells": 1})
    device, recorder = joint(options)
    for number in range(TICKS):
        play(device, [seen_by(c, number, [(1, [0])]) for c in (WEST, EAST)])
    device.identities_renewed(WEST, START + TICKS)
    for number in range(TICKS, 2 * TICKS):
        play(device, [seen_by(c, number, [(1, [0])]) for c in (WEST, EAST)])
    device.identities_renewed(EAST, START + 2 * TICKS)
    for number in range(2 * TICKS, 3 * TICKS + 1):
        play(device, [seen_by(c, number, [(2, [0])]) for c in (WEST, EAST)])
    assert [int(counts.sum()) for counts in recorder.counts] == [1, 1]  # the second is not observed


@pytest.mark.parametrize(
    ("cameras", "says"),
    [
        (
            {WEST: FloorCamera(owns_m=[0, 0, 8, 0, 8, 4, 0, 4])},
            "16 m2 of zone 'z2' are counted by no camera",
        ),
        (
            {WEST: FloorCamera(at_m=[1, 1]), EAST: FloorCamera(at_m=[900, 1])},
            "camera 'east' counts nothing",
        ),
    ],
)
def test_what_nobody_counts_is_named(cameras, says):
    with pytest.raises(ZoneError, match=says):
        cell_ownership(row_of_zones("hall", ZONES), cameras)


def test_a_camera_says_where_it_stands_or_what_it_counts():
    with pytest.raises(ValueError, match="at_m"):
        FloorCamera()
