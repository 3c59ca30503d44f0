# SPDX-License-Identifier: Apache-2.0
"""What one unit pays over all pools is one sum, whatever settings it was paid under.

The oracle knows nothing of charges: what a unit paid is the L1 distance, over the scale of the
noise, between all that is released with the unit in the ticks and without it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searching
from hypothesis import strategies as st
from tick_sequences import START, row_of_zones, tick

from privcv_core.event_time.calendar import ALWAYS_UTC, Calendar, Period
from privcv_core.event_time.running_time import Running
from privcv_privacy.aggregation import hour_sums
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget import composition
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.noise.mechanisms import Counts, Gaussian, gaussian_epsilon
from privcv_privacy.settings import BudgetShares, PrivacySettings

MINUTE = 60 // TICK_S
HOUR_S = 120  # so short that schedules have whole hours
DOOR, IN = "door", 1
LIFETIME_S = 300
EXACT = 1 + 1e-6
AT_MOST = 4  # units of one schedule that are looked at

Sight = tuple[int, int, int]  # identity, zone, direction


class DeafNoise:
    """What is added does not depend on the counts, so that two worlds choose the same windows."""

    def __init__(self, book: "Book", epsilon: float, delta: float, votes: int) -> None:
        self.name = "gaussian" if delta else "laplace"
        self.scale = Gaussian(epsilon, delta, votes).scale if delta else votes / epsilon
        self.book, self.delta, self.pool = book, delta, len(book.pools)
        self.run = book.run
        book.pools.append(self)

    def release(self, counts: Counts) -> Counts:
        self.book.released.append((self.pool, counts.copy()))
        return np.full(len(counts), 7 + 3 * (len(self.book.released) % 5), dtype=np.int64)


class Book:
    """Every vector that noise was added to, and by which pool."""

    def __init__(self) -> None:
        self.run = 0
        self.pools: list[DeafNoise] = []
        self.released: list[tuple[int, Counts]] = []

    def make(self, epsilon: float, delta: float, votes: int) -> DeafNoise:
        return DeafNoise(self, epsilon, delta, votes)


def moved(with_unit: Book, without: Book) -> dict[int, float]:
    """By how much the unit moved what was released, by pool, in the L1 norm."""
    assert [pool for pool, _ in with_unit.released] == [pool for pool, _ in without.released]
    moved = dict.fromkeys(range(len(with_unit.pools)), 0.0)
    for (pool, one), (_, other) in zip(with_unit.released, without.released, strict=True):
        moved[pool] += float(np.abs(one - other).sum())
    return moved


def paid(with_unit: Book, without: Book) -> tuple[float, float]:
    """Epsilon and delta that the unit cost: what moved, over what hides it."""
    epsilon = delta = 0.0
    for number, distance in moved(with_unit, without).items():
        noise = with_unit.pools[number]
        if noise.delta and distance:
            # Votes lie in different histograms: as many as moved, in the square of the L2 norm.
            epsilon += gaussian_epsilon(noise.scale, noise.delta, int(distance))
            delta += noise.delta
        else:
            epsilon += distance / noise.scale
    return epsilon, delta


@dataclass(frozen=True)
class Run:
    """One life of the process: its settings, its ticks, and when its camera answers."""

    options: PrivacySettings
    first: int
    last: int
    zones: int = 2
    renewed_at: int | None = None  # at this tick all identities are new
    clock: int | None = None  # ticks that the device's clock is wrong by; None: a replay
    boot: str = "one"

    def window_of(self, number: int) -> tuple[int, int]:
        """First tick and the one after the last of the window of a tick, if not adaptive."""
        length = self.options.window_s // TICK_S
        return number // length * length, number // length * length + length


People = Callable[[int], Sequence[Sight]]


def play(
    runs: Sequence[Run],
    people: People,
    open_ledger: Callable[[], object],
    camera: str = "lobby",
    now: list[int] | None = None,
) -> Book:
    """All that is released; identities are renewed for everybody where a run says so.

    ``now``: is told the number of the tick that it really is, the run, and how wrong the clock is.
    """
    book, generation = Book(), 0
    now = [] if now is None else now
    for book.run, run in enumerate(runs):
        ledger = open_ledger()
        device = Aggregator(
            run.options,
            {camera: row_of_zones(camera, run.zones, [DOOR]), "hall": row_of_zones("hall", 1)},
            ledger,
            noise=book.make,
            calendar=ALWAYS_UTC if run.options.hour_share else None,
            clock_s=None if run.clock is None else lambda: (START + now[0] + now[2] + 1) * TICK_S,
        )
        wrong = run.clock or 0
        for number in range(run.first, run.last):
            now[:] = number, book.run, wrong
            if number == run.renewed_at:
                generation += 1
                device.identities_renewed(camera, START + number + wrong)
            sights = [(id + 1000 * generation, zone, way) for id, zone, way in people(number)]
            through = {id: IN for id, _, way in sights if way and number % 4 == id % 4}
            told = tick(number + wrong, sights, camera, crossed=through)
            device.on_tick(_as_of(run.options, told, generation))
            device.on_tick(_as_of(run.options, tick(number + wrong, [(1, 0, 0)], "hall"), 0))
        if isinstance(ledger, Ledger):
            ledger.close()
    return book


def _as_of(options: PrivacySettings, one: AnonymousTick, generation: int) -> AnonymousTick:
    """The tick as a camera makes it for these settings, where ticks say so."""
    said = {"epoch_s": getattr(options, "epoch_s", 0), "generation": generation}
    return replace(one, **{name: said[name] for name in said if hasattr(one, name)})


def one_visit(number: int) -> list[Sight]:
    return [(42, 0, 3)]


SHARES = [
    BudgetShares(counts=0.85, dwell=0.10, bias=0.05),
    BudgetShares(counts=0.05, dwell=0.90, bias=0.05),
    BudgetShares(counts=0.5, dwell=0.0, bias=0.5),
    BudgetShares(counts=1.0, dwell=0.0, bias=0.0),
]


def test_a_visit_does_not_pay_again_when_shares_are_changed(tmp_path):
    """Its camera did not answer: the identity lives on over the restart."""
    options = PrivacySettings(max_cells=1, window_s=300, dwell_period_s=1200, shares=SHARES[0])
    other = options.model_copy(update={"shares": SHARES[1]})
    runs = [Run(options, 0, 61), Run(other, 73, 241)]
    book = play(runs, one_visit, lambda: Ledger(tmp_path / "with.db"))
    nobody = play(runs, lambda number: [], lambda: Ledger(tmp_path / "without.db"))
    assert paid(book, nobody)[0] <= 1 * EXACT


def test_after_an_earlier_smaller_promise_the_smaller_one_holds():
    small = PrivacySettings(
        epsilon=0.5, max_cells=1, window_s=300, shares=SHARES[0], dwell_period_s=1200
    )
    large = small.model_copy(update={"epsilon": 4.0})
    ledger = MemoryLedger()
    runs = [Run(small, 0, 61), Run(large, 61, 241)]
    book = play(runs, one_visit, lambda: ledger)
    ledger = MemoryLedger()
    assert paid(book, play(runs, lambda number: [], lambda: ledger))[0] <= 0.5 * EXACT


def test_what_a_visit_did_not_pay_in_one_pool_is_left_for_another():
    """A restart under the same settings costs the dwell of the period nothing."""
    options = PrivacySettings(
        max_cells=1, window_s=300, dwell_period_s=3600, identity_lifetime_s=600, shares=SHARES[0]
    )
    ledger = MemoryLedger()
    runs = [Run(options, 0, 10 * MINUTE), Run(options, 10 * MINUTE, 61 * MINUTE)]
    book = play(runs, one_visit, lambda: ledger)
    dwell = [counts for pool, counts in book.released if book.pools[pool].scale == 10]
    assert any(len(counts) == 6 for counts in dwell)


OF_HOURS = {
    "release": ["visitors", "flow", "dwell", "presence", "entries"],
    "shares": BudgetShares(counts=0.3, dwell=0.1, bias=0.1, presence=0.3, entries=0.2),
}
# Each changes one thing of the settings, or several: hours that are drawn once, at half the price
# of what they are made of or at all of it.
hours = st.sampled_from([{}, {}, {"hour_share": 0.5}, {"hour_share": 1.0}, {"hour_share": 0.0}])


def with_hours(options: PrivacySettings, hours: dict[str, float]) -> PrivacySettings:
    """Presence and entries too, and hours of them, where the unit can pay for those."""
    if not hours or options.unit != "visit" or options.adaptive or HOUR_S % options.window_s:
        return options
    return options.model_copy(update={**OF_HOURS, **hours, "presence_cap_s": 20})


settings_of_a_run = st.builds(
    lambda unit, epsilon, cells, shares, window, periods, gaussian, adaptive: PrivacySettings(
        unit=unit,
        epsilon=epsilon,
        max_cells=cells,
        shares=shares,
        window_s=window,
        dwell_period_s=3600 if adaptive else window * periods,
        mechanism="gaussian" if gaussian else "laplace",
        adaptive=adaptive,
        min_coverage=0,
        k=1,
        identity_lifetime_s=LIFETIME_S,
    ),
    st.sampled_from(["visit", "person_window", "event"]),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from(SHARES),
    st.sampled_from([20, 30, 60, 90]),
    st.sampled_from([3, 6, 12]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([False, False, False, True]),
)


@st.composite
def schedules(draw: st.DrawFn) -> list[Run]:
    """Runs one after another, or over the same hour again; with new identities or without."""
    runs: list[Run] = []
    now = draw(st.integers(0, 11))
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.integers(1, 40))
        renewed = draw(st.sampled_from([None, None, 0, 1]))
        runs.append(
            Run(
                with_hours(draw(settings_of_a_run), draw(hours)),
                now,
                now + length,
                zones=draw(st.integers(1, 3)),
                renewed_at=None if renewed is None else now + renewed,
            )
        )
        now += length + draw(st.integers(0, 10))
    return runs


@st.composite
def walks(draw: st.DrawFn) -> dict[int, list[Sight]]:
    """One person, who lives no longer than an identity may, and whom others surround."""
    first = draw(st.integers(0, 60))
    length = draw(st.integers(1, LIFETIME_S // TICK_S))
    zones = draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    stride = draw(st.integers(1, 12))
    return {
        number: [(42, zones[(number - first) // stride % len(zones)], 3)]
        for number in range(first, first + length)
    }


def units(runs: Sequence[Run], walk: dict[int, list[Sight]]) -> Iterator[tuple[set[int], Run]]:
    """The ticks of each unit that a run made a promise to, in which it had a part."""
    for run in runs:
        there = {number for number in walk if run.first <= number < run.last}
        if not there or (run.options.adaptive and run.options.unit != "visit"):
            continue
        if run.options.unit == "visit":
            yield from _visits(runs, run, walk)
            continue
        for window in {run.window_of(number) for number in there}:
            inside = {number for number in walk if window[0] <= number < window[1]}
            if run.options.unit == "person_window":
                yield inside, run
                continue
            for zone in {walk[number][0][1] for number in inside}:
                yield {number for number in inside if walk[number][0][1] == zone}, run


def _visits(
    runs: Sequence[Run], run: Run, walk: dict[int, list[Sight]]
) -> Iterator[tuple[set[int], Run]]:
    """A walk is one visit as long as its identity is not renewed."""
    borders = sorted(one.renewed_at for one in runs if one.renewed_at is not None)
    parts: dict[int, set[int]] = {}
    for number in walk:
        parts.setdefault(sum(border <= number for border in borders), set()).add(number)
    yield from (
        (part, run)
        for part in parts.values()
        if any(run.first <= number < run.last for number in part)
    )


def others(number: int) -> list[Sight]:
    return [(7, 0, 1), (8, 1, 0)] if number % 3 else [(7, 1, 1)]


@pytest.fixture(autouse=True, scope="module")
def _short_hours() -> Iterator[None]:
    def of(calendar: Calendar, at_s: int) -> Period:
        start_s = at_s // HOUR_S * HOUR_S
        return Period("hour", start_s, start_s + HOUR_S)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hour_sums, "hour_of", of)
        yield


def keeps_its_promises(runs: Sequence[Run], walk: dict[int, list[Sight]]) -> None:
    def world(left_out: set[int]) -> Book:
        now: list[int] = []
        ledger = MemoryLedger(lambda: Running(runs[now[1]].boot, now[0] * TICK_S * 10**9))

        def people(number: int) -> list[Sight]:
            return others(number) + ([] if number in left_out else walk.get(number, []))

        return play(runs, people, lambda: ledger, now=now)

    everybody = world(set())
    looked_at = list(units(runs, walk))
    for ticks, run in looked_at[:: len(looked_at) // AT_MOST + 1]:
        without = world(ticks)
        did = moved(everybody, without)
        if not any(did[noise.pool] for noise in everybody.pools if runs[noise.run] == run):
            continue  # nothing was ever released under this promise that the unit had a part in
        epsilon, delta = paid(everybody, without)
        said = f"{run.options.unit} of {sorted(ticks)}, promised {run.options.epsilon}: {epsilon}"
        assert epsilon <= run.options.epsilon * EXACT, said
        assert delta <= run.options.counts_delta * EXACT, said


@searching(max_examples=20, deadline=None)
@given(schedules(), walks())
def test_no_unit_pays_more_than_it_was_promised(runs, walk):
    keeps_its_promises(runs, walk)


@pytest.mark.long
@searching(max_examples=4000, deadline=None)
@given(schedules(), walks())
def test_no_unit_pays_more_than_it_was_promised_at_length(runs, walk):
    keeps_its_promises(runs, walk)


@st.composite
def wrong_clocks(draw: st.DrawFn) -> list[Run]:
    """Lives of one device one after another, at each of which its clock may be wrong."""
    hour = 3600 // TICK_S
    wrong = st.sampled_from([0, 0, 1, 3, 30, -30, 5 * hour, -5 * hour, 8760 * hour, -8760 * hour])
    return [
        replace(
            run,
            options=run.options.model_copy(update={"unit": "visit"}),
            clock=draw(wrong),
            boot=draw(st.sampled_from(["one", "one", "two"])),
        )
        for run in draw(schedules())
    ]


@searching(max_examples=20, deadline=None)
@given(wrong_clocks(), walks())
def test_no_visit_pays_more_whatever_the_clock_says(runs, walk):
    keeps_its_promises(runs, walk)


@pytest.mark.long
@searching(max_examples=2000, deadline=None)
@given(wrong_clocks(), walks())
def test_no_visit_pays_more_whatever_the_clock_says_at_length(runs, walk):
    keeps_its_promises(runs, walk)


def only_its_own_pool(charges, entries, lifetime_ns):
    return True


def test_pools_that_are_not_summed_are_found(monkeypatch):
    """Planted: each pool has its limit, and nobody adds them up."""
    monkeypatch.setattr(composition, "_fits_promises", only_its_own_pool)
    with pytest.raises(AssertionError, match="promised"):
        keeps_its_promises(
            [
                Run(planted(SHARES[0]), 0, 5),
                Run(planted(SHARES[1]), 5, 4 * MINUTE),
            ],
            {number: [(42, 0, 3)] for number in range(30)},
        )


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_hours_are_drawn_and_paid_from_the_same_promise(share):
    """Somebody stays; after a restart nothing but windows is drawn, then hours again."""
    hourly = with_hours(planted(SHARES[0]), {"hour_share": share})
    windows = hourly.model_copy(update={"hour_share": 0.0})
    runs = [Run(hourly, 0, 50), Run(windows, 50, 80), Run(hourly, 80, 200)]
    ledger, other = MemoryLedger(), MemoryLedger()
    book = play(runs, lambda number: [(42, 0, 3)] if number < 60 else [], lambda: ledger)
    nobody = play(runs, lambda number: [], lambda: other)
    did = moved(book, nobody)
    of_hours = [noise for noise in book.pools if noise.run == 0][4 if share < 1 else 2 :]
    assert any(did[noise.pool] for noise in of_hours)  # else the test shows nothing
    assert paid(book, nobody)[0] <= hourly.epsilon * EXACT


def test_hours_that_take_their_windows_share_are_found(monkeypatch):
    """Planted: each has its limit, and what is drawn for an hour takes the whole of it too."""
    monkeypatch.setattr(composition, "_fits_promises", only_its_own_pool)
    monkeypatch.setattr(PrivacySettings, "of_windows", lambda self, epsilon: epsilon)
    hourly = with_hours(planted(SHARES[0]), {"hour_share": 0.9})
    with pytest.raises(AssertionError, match="promised"):
        keeps_its_promises([Run(hourly, 0, 80)], {number: [(42, 0, 3)] for number in range(60)})


def planted(shares: BudgetShares) -> PrivacySettings:
    return PrivacySettings(
        max_cells=1, window_s=20, dwell_period_s=60, shares=shares, min_coverage=0, k=1,
        identity_lifetime_s=LIFETIME_S,
    )  # fmt: skip
