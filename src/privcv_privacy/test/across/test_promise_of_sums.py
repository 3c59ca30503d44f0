# SPDX-License-Identifier: Apache-2.0
"""What one visit moves in all reports of a task together, and what is proved of it from outside.

The votes are read from both shares of the real reports, as one who broke into both collectors
would, without the floor. The attacker of the second half has one collector and all other sites:
what is left to hide the visit is the noise of the other collector.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from epsilon_attack import _certain_ratio
from hypothesis import given, settings
from hypothesis import strategies as st
from sum_devices import SETTINGS, counted, device, kept, reports
from tick_sequences import play, tick

from privcv_across.noise.integer_laplace import IntegerLaplace
from privcv_privacy.across.task_sum import TaskSum
from privcv_privacy.across.visit_votes import VisitVotes
from privcv_privacy.aggregation.contribution import Bound
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release

TASK = kept(window_s=60)
TICKS, WINDOWS = 12, 6
TARGET = 10**6
EPSILON = TASK.signed.task.noise.epsilon
M = SETTINGS.max_cells
DRAWN = 120_000  # numbers in a world
ALL_ALONG = SETTINGS.model_copy(update={"identity_absence_s": 600})
"""No absence in a world is so long that an identity could not come back: each is one visit."""

PATHS = st.lists(
    st.tuples(st.integers(0, TICKS * WINDOWS - 1), st.sampled_from([0, 1, (0, 1), (1, 0)]),
              st.integers(0, 4)),
    max_size=12,
)  # fmt: skip


def world(target: list[Any], present: bool, others: list[Any] | None = None) -> Iterator[Any]:
    """Others who come and go, and the target where its path says so."""
    places = {number: (zones, way) for number, zones, way in target} if present else {}
    for number in range(TICKS * WINDOWS + 1):
        people = [(one, one % 2, one % 5) for one in range(1, 6) if (number // (3 * one)) % 2]
        people += [(50, zones, way) for at, zones, way in others or () if at == number]
        if number in places:
            people.append((TARGET, *places[number]))
        yield tick(number, people)


def told(ticks: Iterator[AnonymousTick], ours: Any = None) -> np.ndarray:
    """Counts of all windows (windows, cells)."""
    releases = play(ours or device(TASK, settings=ALL_ALONG), ticks)
    return np.array([cells for _, cells in counted(TASK, releases)])


@settings(max_examples=20, deadline=None)
@given(target=PATHS, others=PATHS)
def test_one_visit_moves_all_totals_together_by_at_most_its_votes(
    target: list[Any], others: list[Any]
) -> None:
    with_, without = (told(world(target, there, others)) for there in (True, False))
    moved = with_ - without
    assert (moved >= 0).all()  # nobody else's votes change
    assert moved.sum() <= M


WALKER: list[Any] = [(number, (0, 1), 0) for number in range(TICKS * WINDOWS)]


def difference(make: Callable[[], Any] = lambda: device(TASK)) -> np.ndarray:
    """What the target moves; other sites and the other people are taken away."""
    return (told(world(WALKER, True), make()) - told(world(WALKER, False), make())).ravel()


def surely_exceeded(moved: np.ndarray) -> float:
    """The epsilon that one collector's noise on ``moved`` exceeds but for one time in 30,000.

    The events are thresholds of the likelihood ratio, than which no test is better (Neyman and
    Pearson, 1933).
    """
    there = moved[moved != 0]
    noise = IntegerLaplace(EPSILON, TASK.signed.task.noise.votes)
    runs = DRAWN // len(there)
    draws = [np.array(noise.draw(runs * len(there))).reshape(runs, -1) for _ in range(2)]
    views = draws[0] + there, draws[1]
    with_, without = ((abs(view) - abs(view - there)).sum(axis=1) for view in views)
    most = int(abs(there).sum())
    return max(
        _certain_ratio(int((with_ >= at).sum()), int((without >= at).sum()), runs, 1e-5)
        for at in (0, most // 2, most)
    )


def test_epsilon_is_not_exceeded_with_one_collector_and_all_other_sites_corrupt() -> None:
    moved = difference()
    assert moved.sum() == M  # it used up its votes: the attack is on the worst case
    assert 0.5 * EPSILON < surely_exceeded(moved) <= EPSILON


def test_votes_without_a_bound_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bound, "admits", lambda *_: True)
    assert surely_exceeded(difference()) > EPSILON


def test_a_bound_that_begins_anew_with_each_window_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close = VisitVotes.close_visits

    def forgetful(self: VisitVotes) -> Any:
        votes = close(self)
        for visit in self.visits.values():
            visit.cells = 0
        return votes

    monkeypatch.setattr(VisitVotes, "close_visits", forgetful)
    assert surely_exceeded(difference()) > EPSILON


def test_noise_as_shares_of_the_devices_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of ten sites adds a tenth of the noise, and nine of them tell theirs."""
    draw = IntegerLaplace.draw
    monkeypatch.setattr(
        IntegerLaplace, "draw", lambda self, n: [round(one / 10**0.5) for one in draw(self, n)]
    )
    assert surely_exceeded(difference()) > EPSILON


class Redraws(MemoryLedger):
    """A planted fault: a retry renders again instead of sending what was committed."""

    def again(self, ours: Any) -> list[Release]:
        """Every report of the last run once more."""
        self.releases = {}
        return play(ours(), world(WALKER, True))


def test_shares_that_are_drawn_again_at_a_retry_are_found() -> None:
    """The same bytes twice tell nothing; two sharings of one window do, behind the floor too: the
    mean of what both shares hold comes nearer to the counts with each."""
    honest = MemoryLedger()
    first = play(device(TASK, ledger=honest, blurs=True), world(WALKER, True))
    second = play(device(TASK, ledger=honest, blurs=True), world(WALKER, True))
    assert _bytes(first) == _bytes(second)
    faulty = Redraws()
    drawn = [faulty.again(lambda: device(TASK, blurs=True)) for _ in range(2)]
    assert len({*_bytes(drawn[0]), *_bytes(drawn[1])}) == 2 * WINDOWS


def _bytes(releases: list[Release]) -> list[bytes]:
    return [one.encode() for one in reports(releases)]


def test_the_limit_on_visits_takes_some_at_random_and_not_the_same_ones_each_time() -> None:
    """Whoever is not counted is nobody in particular: 30 draws of 3 out of 8 are all the same once
    in 10**50."""
    small = kept(vdaf__parameters={"length": 3, "max_value": 33, "chunk_length": 4})
    ours: TaskSum = device(small).sums[0]
    drawn = {
        tuple(ours._counts([(0,), (0,), (0,), (0,), (1,), (1,), (2,), (2,)])) for _ in range(30)
    }
    assert len(drawn) > 1
    assert {sum(one) for one in drawn} == {3}
