# SPDX-License-Identifier: Apache-2.0
"""Identities change so that nobody's new id can be told from where the old one was."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_privacy.anonymization.identities import Identities, Sighting
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymization.secret import Secret

S = 1_000_000_000
TICK_S = 5
SHORT = {
    "period_s": 600.0,
    "grace_s": 100.0,
    "silence_s": 30.0,
    "withhold_s": 120.0,
    "away_m": 5.0,
}


def make(**overrides):
    return Identities(IdentitySettings(**{**SHORT, **overrides}), Secret("a"))


def at(x_m, y_m=0.0, size=1):
    return Sighting(((int(x_m / 0.5), int(y_m / 0.5)),), 0, size)


def play(identities, where, until_s, start_s=0):
    """Step tick by tick; ``where(t_s)`` gives the people there. Returns {t_s: Shown}."""
    return {t_s: identities.step(t_s * S, where(t_s)) for t_s in range(start_s, until_s, TICK_S)}


def ids_of(shown, number):
    return [(t, s.ids[number]) for t, s in shown.items() if number in s.ids]


def test_who_leaves_within_the_grace_period_keeps_one_id():
    shown = play(make(), lambda t: {1: at(0)} if 550 <= t < 690 else {}, 800)
    published = ids_of(shown, 1)
    assert len(published) == len(range(550, 690, 5))
    assert len({id for _, id in published}) == 1


def test_who_arrives_after_the_rotation_has_an_id_of_the_new_secret_at_once():
    """The secret is gone at the rotation: the same number at the same time hashes differently."""
    identities = make()
    play(identities, lambda t: {}, 605)
    late = identities.step(605 * S, {1: at(0)}).ids[1]
    assert (
        late != Identities(IdentitySettings(**SHORT), Secret("a")).step(605 * S, {1: at(0)}).ids[1]
    )


def test_a_rotation_on_schedule_silences_only_those_who_were_there():
    """A silent camera is released as coverage, without noise: people must not decide about it."""
    shown = play(make(), lambda t: {1: at(0), **({2: at(1)} if t >= 705 else {})}, 1200)
    assert not any(tick.dark for tick in shown.values())
    assert [t for t, _ in ids_of(shown, 2)] == list(range(705, 1200, 5))


def test_who_outstays_and_does_not_move_is_published_again_only_after_the_longest_time():
    identities = make()
    published = ids_of(play(identities, lambda t: {1: at(0)}, 1100), 1)
    before = [t for t, id in published if id == published[0][1]]
    after = [t for t, id in published if id != published[0][1]]
    assert (before[-1], after[0]) == (695, 820)
    assert identities.counts.exposed == 1


def test_who_outstays_is_published_again_far_away_at_a_moment_of_their_own():
    moments = set()
    for number in range(20):
        identities = make()
        published = ids_of(
            play(identities, lambda t, n=number: {n: at(0 if t < 760 else 6)}, 1100), number
        )
        moments.add(next(t for t, id in published if id != published[0][1]))
        assert (identities.counts.moved, identities.counts.exposed) == (1, 0)
    assert min(moments) >= 760
    assert max(moments) <= 820
    assert len(moments) > 3


def test_a_forced_rotation_silences_at_once_and_forgets():
    identities = make()
    before = play(identities, lambda t: {1: at(0)}, 300)
    identities.rotate_now()
    after = play(identities, lambda t: {1: at(0 if t < 330 else 9)}, 500, start_s=300)
    assert [t for t, s in after.items() if s.dark] == list(range(300, 330, 5))
    old, new = ids_of(before, 1)[0][1], ids_of(after, 1)
    assert 330 <= new[0][0] <= 420
    assert old not in {id for _, id in new}
    assert all(person.id != old for person in identities._people.values())


@given(st.lists(st.integers(0, 500), min_size=1, max_size=8), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_no_id_lives_longer_than_the_bound_that_the_budget_relies_on(arrivals, seed):
    identities = make()
    moves = np.random.default_rng(seed)
    forced = moves.integers(0, 3000)

    def where(t):
        if t == forced // 5 * 5:
            identities.rotate_now()
        return {n: at(moves.integers(0, 9)) for n, first in enumerate(arrivals) if t >= first}

    lives: dict[int, list[int]] = {}
    for t, shown in play(identities, where, 3000).items():
        for id in shown.ids.values():
            lives.setdefault(id, []).append(t)
    assert all(t[-1] - t[0] <= identities_bound() for t in lives.values())


def identities_bound():
    return IdentitySettings(**SHORT).longest_life_s


def test_a_swap_lets_close_people_of_one_size_fall_silent_together():
    def where(t):
        return {1: at(0), 2: at(0.6 if t >= 655 else 9), 3: at(0.6, size=3), 4: at(30)}

    identities = make(swap_when_close=True)
    shown = play(identities, where, 700)
    assert {1, 2} <= shown[650].ids.keys()
    assert not {1, 2} & shown[655].ids.keys()
    assert 3 in shown[655].ids
    assert 4 in shown[655].ids
    assert identities.counts.swapped == 2
