# SPDX-License-Identifier: Apache-2.0
"""Totals: exact but for the noise of both, and epsilon holds while one collector is honest."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from scipy.stats import beta, chisquare

from privcv_across.errors import MalformedShare, ParameterError, TooFewSites
from privcv_across.messages.configuration import TaskConfiguration
from privcv_across.noise.floor import Floor
from privcv_across.sealing.hpke import HpkeConfig
from privcv_across.sealing.sum_task import SumTask
from privcv_across.totals.close import Close, close, combine, in_both
from privcv_across.totals.collector_noise import CollectorNoise
from privcv_across.transparency.merkle_tree import check_inclusion, leaf_hash

CELLS = 3
TASK = SumTask(
    bytes(32),
    TaskConfiguration(b"t", "https://a.example/", "https://b.example/", 300, 3, 7, b""),
    {"length": CELLS, "max_value": 40, "chunk_length": 6},
    HpkeConfig(1, bytes(32)),
    HpkeConfig(2, bytes(32)),
    bytes(32),
    frozenset(),
)
FIELD = TASK.prio3.field
EPSILON, VOTES = 0.85, 3
NOISE = CollectorNoise(EPSILON, VOTES)
RAND = random.Random(11)


class NoNoise(CollectorNoise):
    """A collector that draws nothing: what is left is the sum."""

    def draw(self, length: int) -> list[int]:
        return [0] * length


def shared(counts: list[list[int]]) -> tuple[dict[bytes, list[int]], dict[bytes, list[int]]]:
    """Output shares of the sites at both collectors, by the id of the report."""
    leader, helper = {}, {}
    for number, measurement in enumerate(counts):
        share = [RAND.randrange(FIELD.modulus) for _ in measurement]
        leader[bytes([number]) * 16] = share
        helper[bytes([number]) * 16] = FIELD.subtract(measurement, share)
    return leader, helper


def ids(count: int) -> tuple[bytes, ...]:
    return tuple(bytes([number]) * 16 for number in range(count))


def test_the_total_is_the_sum_and_the_noise_of_both() -> None:
    counts = [[1, 2, 3], [4, 0, 0], [0, 0, 9], [7, 7, 7]]
    leader, helper = shared(counts)
    none = NoNoise(EPSILON, VOTES)
    exact = combine(
        TASK, none, close(TASK, none, 5, ids(4), leader), close(TASK, none, 5, ids(4), helper)
    )
    assert exact.counts == (12, 9, 19)
    assert (exact.time, exact.sites, exact.confidence) == (5, 4, 0.9)
    theirs = close(TASK, NOISE, 5, ids(4), helper)
    drawn = [
        FIELD.signed(element)
        for element in FIELD.subtract(
            FIELD.decode(theirs.noisy_share, CELLS),
            FIELD.decode(close(TASK, none, 5, ids(4), helper).noisy_share, CELLS),
        )
    ]
    noisy = combine(TASK, NOISE, close(TASK, none, 5, ids(4), leader), theirs)
    assert noisy.counts == tuple(a + b for a, b in zip((12, 9, 19), drawn, strict=True))


def test_what_the_floor_raised_each_report_by_is_taken_off_the_total() -> None:
    floor = Floor(8.0, VOTES)
    task = replace(TASK, floor=floor)
    raised = [[n + floor.offset for n in site] for site in ([1, 2, 3], [4, 0, 0], [0, 0, 9])]
    parts = [close(task, NoNoise(EPSILON, VOTES), 5, ids(3), one) for one in shared(raised)]
    total = combine(task, NOISE, *parts)
    assert total.counts == (5, 2, 12)
    assert total.half_width == NOISE.half_width(0.9, floor, 3) >= NOISE.half_width(0.9)


def test_negative_totals_are_negative() -> None:
    leader, helper = shared([[0, 0, 0]] * 3)
    found = []
    for _ in range(30):
        parts = [close(TASK, NOISE, 5, ids(3), shares) for shares in (leader, helper)]
        found += combine(TASK, NOISE, *parts).counts
    assert min(found) < 0 < max(found)  # 90 draws: one sign alone comes once in 10**22
    assert max(abs(number) for number in found) < 1000


def test_what_only_one_has_costs_that_report_and_never_the_window() -> None:
    counts = [[n, 0, 1] for n in range(6)]
    leader, helper = shared(counts)
    for lost in (ids(6)[1],):
        del helper[lost]
    for lost in (ids(6)[4], ids(6)[5]):
        del leader[lost]
    both = in_both(sorted(leader), helper)
    assert both == (ids(6)[0], ids(6)[2], ids(6)[3])
    none = NoNoise(EPSILON, VOTES)
    total = combine(
        TASK, none, close(TASK, none, 5, both, leader), close(TASK, none, 5, both, helper)
    )
    assert (total.counts, total.sites) == ((5, 0, 3), 3)


def test_too_few_sites_make_no_total() -> None:
    leader, _ = shared([[1, 1, 1]] * 6)
    with pytest.raises(TooFewSites):
        close(TASK, NOISE, 5, ids(2), leader)
    close(TASK, NOISE, 5, ids(3), leader)


@pytest.mark.parametrize(
    "listed",
    [ids(3)[::-1], (*ids(3), ids(3)[2]), (*ids(3), b"short"), (*ids(6), b"\x09" * 16)],
    ids=["falling", "twice", "no id", "not held"],
)
def test_another_list_than_of_reports_that_are_held_is_refused(listed: tuple[bytes, ...]) -> None:
    leader, _ = shared([[1, 1, 1]] * 6)
    with pytest.raises(MalformedShare):
        close(TASK, NOISE, 5, listed, leader)


def test_parts_of_different_reports_are_no_total() -> None:
    leader, helper = shared([[1, 1, 1]] * 4)
    first = close(TASK, NOISE, 5, ids(4), leader)
    for other in (close(TASK, NOISE, 5, ids(3), helper), close(TASK, NOISE, 6, ids(4), helper)):
        with pytest.raises(MalformedShare):
            combine(TASK, NOISE, first, other)


def test_a_device_can_see_that_it_was_counted() -> None:
    from privcv_across.transparency.merkle_tree import MerkleTree

    made = Close(5, ids(5), b"")
    tree = MerkleTree()
    for one in ids(5):
        tree.append(leaf_hash(one))
    check_inclusion(leaf_hash(ids(5)[3]), 3, 5, made.root, tree.inclusion_proof(3))


def test_the_noise_has_the_distribution_that_is_said() -> None:
    draws = NOISE.draw(20_000)
    a = math.exp(-1 / NOISE.scale)
    edges = range(-12, 13)
    expected = [(1 - a) / (1 + a) * a ** abs(k) * len(draws) for k in edges]
    found = [sum(draw == k for draw in draws) for k in edges]
    rest = len(draws) - sum(found), len(draws) - sum(expected)
    assert chisquare([*found, rest[0]], [*expected, rest[1]]).pvalue > 1e-5
    assert pytest.approx(VOTES / EPSILON, rel=1e-9) == NOISE.scale


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_the_interval_is_that_of_the_noise_of_both(confidence: float) -> None:
    a = math.exp(-1 / NOISE.scale)
    one = {k: (1 - a) / (1 + a) * a ** abs(k) for k in range(-400, 401)}

    def within(t: int) -> float:
        return sum(p * sum(one.get(s - k, 0) for s in range(-t, t + 1)) for k, p in one.items())

    width = NOISE.half_width(confidence)
    assert within(width) >= confidence - 1e-9
    assert within(width - 1) < confidence


@pytest.mark.parametrize(("epsilon", "votes"), [(0, 3), (-1, 3), (math.inf, 3), (1, 0), (1e-9, 3)])
def test_noise_that_protects_nobody_or_shows_nothing_is_refused(epsilon: float, votes: int) -> None:
    with pytest.raises(ParameterError):
        CollectorNoise(epsilon, votes)


RUNS = 20_000
CERTAINTY = 1 - 1e-6
"""Of each of the two bounds: an honest collector is blamed once in 500,000 runs at most."""


def surely_more_than(
    honest: Callable[[bool], list[float]], threshold: float, runs: int = RUNS
) -> float:
    """Epsilon that is surely exceeded (Clopper-Pearson), from what an attacker sees who knows all
    other sites, the other collector's noise and the time; ``honest(visit)`` gives its view."""
    hits = {}
    for visit in (False, True):
        views = (honest(visit) for _ in range(runs))
        hits[visit] = sum(min(view) >= threshold for view in views)
    least = beta.ppf(1 - CERTAINTY, hits[True], runs - hits[True] + 1)
    most = beta.ppf(CERTAINTY, hits[False] + 1, runs - hits[False])
    return math.log(least / most) if hits[True] else 0.0


def drawn(noise: CollectorNoise) -> Callable[[], list[int]]:
    """Vectors of noise, many at a time."""
    kept: list[int] = []

    def next_one() -> list[int]:
        if not kept:
            kept.extend(noise.draw(3 * 4000))
        return [kept.pop() for _ in range(3)]

    return next_one


def test_epsilon_holds_with_one_corrupt_collector_and_all_other_sites_against_it() -> None:
    """What they can take away they took away: one visit's votes and one collector's noise."""
    noise = drawn(NOISE)
    found = surely_more_than(lambda visit: [n + visit for n in noise()], 1)
    assert 0.5 * EPSILON < found <= EPSILON  # the attack is not blind


def test_planted_faults_are_found() -> None:
    noise, weak = drawn(NOISE), drawn(CollectorNoise(EPSILON * 4, VOTES))

    def redrawn(visit: bool) -> list[float]:  # the same window is closed nine times
        views = [noise() for _ in range(9)]
        return [sum(column) / 9 + visit for column in zip(*views, strict=True)]

    planted = {
        "noise is drawn again": (redrawn, 1),
        "no noise": (lambda visit: [float(visit)] * 3, 1),
        "a site adds its share of the noise only": (lambda visit: [n + visit for n in weak()], 1),
        "nine votes of one visit in a cell": (lambda visit: [n + 3 * visit for n in noise()], 3),
    }
    for name, (view, threshold) in planted.items():
        assert surely_more_than(view, threshold, 5000) > EPSILON, name


def totals_seen(honest: CollectorNoise, corrupt: CollectorNoise) -> Callable[[bool], list[float]]:
    """What a corrupt collector and four of five sites know of the fifth after a real close: they
    take away their sites' counts and the noise that the corrupt one drew itself."""
    others = [[2, 0, 1], [0, 5, 0], [1, 1, 1], [0, 0, 7]]

    def view(visit: bool) -> list[float]:
        leader, helper = shared([[int(visit)] * CELLS, *others])
        told = close(TASK, honest, 5, ids(5), leader)
        own = close(TASK, corrupt, 5, ids(5), helper)
        shares = [FIELD.decode(one.noisy_share, CELLS) for one in (told, own)]
        drawn = shares[1]
        for share in helper.values():
            drawn = FIELD.subtract(drawn, share)
        known = [sum(column) for column in zip(*others, strict=True)]
        total = FIELD.add(*shares)
        return [
            float(FIELD.signed(one) - theirs - FIELD.signed(noise))
            for one, theirs, noise in zip(total, known, drawn, strict=True)
        ]

    return view


@pytest.mark.parametrize(
    ("honest", "corrupt", "holds"),
    [
        (NOISE, NOISE, True),
        (NoNoise(EPSILON, VOTES), NOISE, False),
        (CollectorNoise(EPSILON * 5, VOTES), NOISE, False),
    ],
    ids=["both", "only the corrupt one", "a fifth by each of five"],
)
def test_one_honest_collector_is_enough_and_the_corrupt_ones_noise_is_none(
    honest: CollectorNoise, corrupt: CollectorNoise, holds: bool
) -> None:
    """N-1 sites and one collector against a site: who adds noise decides, not how much there is."""
    found = surely_more_than(totals_seen(honest, corrupt), 1, 5000)
    assert (found <= EPSILON) is holds
    assert found > 0.2 * EPSILON  # the attack is not blind
