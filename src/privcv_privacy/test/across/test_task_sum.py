# SPDX-License-Identifier: Apache-2.0
"""One report of each window of a task: what it counts, what it costs, and that it is one."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sum_devices import SETTINGS, counted, device, kept, reports
from tick_sequences import START, play, tick

from privcv_core.protocol.secure_release import SecureRelease
from privcv_privacy.across.task_sum import fitted
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError

TASK = kept()
WINDOW = 60  # ticks
FIRST = START * TICK_S // 300
STANDING, EAST = 0, 1


def windows(*people: list[Any], camera: str = "lobby", seen: int = 100) -> Iterator[AnonymousTick]:
    """Of each window the same people in each tick; then one tick that closes the last."""
    for number, those in enumerate(people):
        for at in range(WINDOW):
            yield tick(number * WINDOW + at, those, camera, seen)
    yield tick(len(people) * WINDOW, [], camera, seen)


def test_what_is_shared_is_what_was_counted_also_where_nobody_was() -> None:
    people = [(1, 0, STANDING), (2, 1, STANDING), (3, 1, EAST), (4, [0, 1], EAST)]
    ours = device(TASK)
    releases = play(ours, windows(people, [], []))
    assert counted(TASK, releases) == [
        (FIRST, [2, 1, 2]), (FIRST + 1, [0, 0, 0]), (FIRST + 2, [0, 0, 0]),
    ]  # fmt: skip
    size = TASK.signed.task.sum_task().report_size
    assert {len(one.encode()) for one in reports(releases)} == {size}
    assert len({one.metadata.report_id for one in reports(releases)}) == 3
    assert ours.warnings == []


def test_reports_of_the_site_go_on_beside_them_under_numbers_without_a_gap() -> None:
    releases = play(device(TASK), windows([(1, 0, STANDING)], []))
    kinds = [isinstance(one.read_any(), SecureRelease) for one in releases]
    assert sorted(kinds) == [False, False, True, True]
    assert [one.sequence for one in releases] == [1, 2, 3, 4]


def test_a_visit_counts_in_so_many_cells_of_its_life_and_no_more() -> None:
    people = [[(7, [0, 1], STANDING)] for _ in range(5)]
    told = counted(TASK, play(device(TASK), windows(*people)))
    assert sum(sum(cells) for _, cells in told) == SETTINGS.max_cells == 3


def test_zones_that_the_task_does_not_count_use_up_nothing() -> None:
    only = kept(cells=["z1"], vdaf__parameters={"length": 1, "max_value": 60, "chunk_length": 3})
    people = [[(7, [0, 1], STANDING)] for _ in range(4)]
    told = counted(only, play(device(only), windows(*people)))
    assert [cells for _, cells in told] == [[1], [1], [1], [0]]


def test_cameras_of_the_device_are_summed_before_anything_is_shared() -> None:
    ours, ledger = None, MemoryLedger()
    ours = device(TASK, cameras=("lobby", "door"), ledger=ledger)
    both = zip(
        windows([(1, 0, STANDING)], [], camera="lobby"),
        windows([(1, 0, STANDING), (2, 0, STANDING)], [], camera="door"),
        strict=True,
    )
    told = counted(TASK, play(ours, itertools.chain.from_iterable(both)))
    assert told == [(FIRST, [3, 0, 0]), (FIRST + 1, [0, 0, 0])]
    paid = {scope for scope in ledger.cohorts if scope.endswith("|across")}
    assert paid == {"lobby|across", "door|across"}  # whoever was under either


def test_a_window_waits_for_the_camera_that_is_behind() -> None:
    ours = device(TASK, cameras=("lobby", "door"))
    play(ours, [tick(0, [(1, 0, STANDING)], camera) for camera in ("lobby", "door")])
    assert not reports(ours.on_tick(tick(WINDOW, [], "lobby")))
    assert counted(TASK, ours.on_tick(tick(WINDOW, [], "door"))) == [(FIRST, [2, 0, 0])]


def test_the_source_of_a_camera_ended_and_the_others_go_on() -> None:
    ours = device(TASK, cameras=("lobby", "door"))
    play(ours, [tick(0, [(1, 0, STANDING)], camera) for camera in ("lobby", "door")])
    assert not reports(ours.finish("door"))
    assert counted(TASK, ours.on_tick(tick(WINDOW, [], "lobby"))) == [(FIRST, [2, 0, 0])]


def test_a_camera_that_is_silent_ends_its_windows_without_counting() -> None:
    ours = device(TASK)
    play(ours, [tick(0, [(1, 0, STANDING)])])
    assert counted(TASK, ours.advance("lobby", START + 3 * WINDOW)) == [
        (FIRST, [1, 0, 0]), (FIRST + 1, [0, 0, 0]), (FIRST + 2, [0, 0, 0]),
    ]  # fmt: skip


def test_what_was_not_looked_at_or_is_withheld_is_reported_as_nothing_and_costs_nothing() -> None:
    ledger = MemoryLedger()
    ours = device(TASK, ledger=ledger)
    blind = counted(TASK, play(ours, windows([(1, 0, STANDING)], seen=0)))
    ours.withhold("fault")
    withheld = counted(
        TASK, play(ours, (replace(one, tick=one.tick + WINDOW) for one in windows([(1, 0, 0)])))
    )
    assert [cells for _, cells in blind + withheld] == [[0, 0, 0]] * 2
    assert not any(scope.endswith("across") for scope in ledger.cohorts)


def test_what_the_budget_does_not_allow_is_reported_as_nothing_at_the_same_size() -> None:
    """Another run, and nobody knows whether those who paid in the first are still there."""
    ledger = MemoryLedger()
    first = play(device(TASK, ledger=ledger), windows([(1, [0, 1], 0)], [(1, [0, 1], 0)]))
    again = device(TASK, ledger=ledger)
    later = (replace(one, tick=one.tick + 2 * WINDOW) for one in windows([(2, 0, STANDING)]))
    second = play(again, later)
    assert [sum(cells) for _, cells in counted(TASK, first)] == [2, 1]
    assert [cells for _, cells in counted(TASK, second)] == [[0, 0, 0]]
    assert len({len(one.encode()) for one in reports([*first, *second])}) == 1
    again.identities_renewed("lobby", START + 3 * WINDOW)
    fresh = (replace(one, tick=one.tick + 3 * WINDOW + 1) for one in windows([(3, 0, STANDING)]))
    assert counted(TASK, play(again, fresh))[-1][1] == [1, 0, 0]


def test_two_tasks_that_differ_by_one_site_cost_a_visit_both() -> None:
    """What one site less would tell for free has its price in the ledger of every other."""
    roster = TASK.signed.task.roster
    smaller = kept(roster=roster[:-1])
    visit = [[(1, [0, 1], STANDING)] for _ in range(2)]
    spent = []
    for tasks in ((TASK,), (TASK, smaller)):
        ledger = MemoryLedger()
        settings = SETTINGS.model_copy(update={"epsilon": 2.0})
        releases = play(device(*tasks, ledger=ledger, settings=settings), windows(*visit))
        spent.append(sum(one.epsilon for one in ledger.cohorts["lobby|across"].values()))
        assert len(reports(releases)) == 2 * len(tasks)
    assert spent == [pytest.approx(0.5), pytest.approx(1.0)]
    ledger = MemoryLedger()  # of epsilon 1 and a share of 0.5 there is room for one of them
    releases = play(device(TASK, smaller, ledger=ledger), windows(*visit))
    assert sum(one.epsilon for one in ledger.cohorts["lobby|across"].values()) <= 0.5 + 1e-9
    told = [counted(TASK, [one]) for one in releases if _is_of(TASK, one)]
    assert [cells for ((_, cells),) in told] != []


def _is_of(task: Any, release: Any) -> bool:
    content = release.read_any()
    return isinstance(content, SecureRelease) and content.secure.task == task.name


def test_a_window_outside_of_the_tasks_time_is_not_reported_and_the_clock_may_come_back() -> None:
    ended = kept(begins="2023-11-01T00:00:00Z", expires="2023-11-14T00:00:00Z")
    days = (13 * 86400 + (1_698_796_800 - START * TICK_S)) // TICK_S
    ours = device(ended)
    assert not reports(play(ours, (replace(one, tick=one.tick + days) for one in windows([], []))))
    assert "until 2023-11-14" in ours.warnings[0]
    ours = device(ended)
    before = (replace(one, tick=one.tick + days - WINDOW) for one in windows([(1, 0, STANDING)]))
    assert len(reports(play(ours, before))) == 1


def test_more_visits_than_the_cap_has_room_for_are_some_of_them_and_a_finding() -> None:
    small = kept(vdaf__parameters={"length": 3, "max_value": 33, "chunk_length": 4})
    most = small.signed.task.most_visits
    assert most == 3
    ours = device(small)
    told = counted(small, play(ours, windows([(one, 0, STANDING) for one in range(1, 9)], [])))
    assert [cells for _, cells in told] == [[most, 0, 0], [0, 0, 0]]
    assert "more than 3 visits in 1 windows" in ours.warnings[0]


def test_the_sum_always_takes_what_the_floor_made() -> None:
    assert fitted([5, 0, 7], 20, in_all=True) == [5, 0, 7]
    assert sum(fitted([50, 40, 3], 20, in_all=True)) == 20
    assert fitted([50, 4, 3], 20, in_all=False) == [20, 4, 3]


class FailsAtFirst(MemoryLedger):
    """The disk is full while the first report is committed: after it was drawn."""

    drawn: list[bytes]

    def release(self, key: str, charges: Any, render: Any, costs: Any = {}) -> Any:  # noqa: B006
        if key.startswith("across|") and not hasattr(self, "drawn"):
            self.drawn = [render(len(self.releases) + 1, True)]
            raise LedgerError("full")
        return super().release(key, charges, render, costs)


def test_a_lost_draw_is_forgotten_and_the_window_is_reported_once() -> None:
    ledger = FailsAtFirst()
    ours = device(TASK, ledger=ledger)
    releases = play(ours, windows([(1, 0, STANDING)], [(1, 0, STANDING)]))
    assert counted(TASK, releases) == [(FIRST, [1, 0, 0]), (FIRST + 1, [1, 0, 0])]
    payloads = [one.payload for one in ledger.releases.values()]
    assert ledger.drawn[0] not in payloads
    assert len(payloads) == len(set(payloads)) == 4


def test_each_retry_has_the_same_bytes_and_a_restart_draws_nothing_again(tmp_path: Any) -> None:
    """Played again in full, by a process that lost all it knew but the ledger."""
    people = ([(1, 0, STANDING)], [], [(2, 1, EAST)])
    with Ledger(tmp_path / "ledger.db") as ledger:
        first = play(device(TASK, ledger=ledger, blurs=True), windows(*people))
        sent = {one.sequence: one.payload for one in ledger.unacknowledged()}
    with Ledger(tmp_path / "ledger.db") as ledger:
        again = play(device(TASK, ledger=ledger, blurs=True), windows(*people))
        assert {one.sequence: one.payload for one in ledger.unacknowledged()} == sent
    assert [one.payload for one in again] == [one.payload for one in first]
    assert not any(one.fresh for one in again)


def test_an_hour_that_comes_twice_is_told_once() -> None:
    now = [float(START * TICK_S)]
    ours = device(TASK, clock_s=lambda: now[0], monotonic_s=lambda: now[0])

    def live(ticks: Iterator[AnonymousTick]) -> Iterator[AnonymousTick]:
        for one in ticks:
            now[0] = float((one.tick + 1) * TICK_S)
            yield one

    told = counted(TASK, play(ours, live(windows([(1, 0, STANDING)], [(2, 0, STANDING)]))))
    again = play(ours, live(windows([(5, 0, STANDING)], [(6, 0, STANDING)], [], [])))
    assert [time for time, _ in told] == [FIRST, FIRST + 1]
    times = [time for time, _ in counted(TASK, [one for one in again if one.fresh])]
    assert times == sorted(set(times))
    assert not {FIRST, FIRST + 1} & set(times)
