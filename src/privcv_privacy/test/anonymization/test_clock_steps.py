# SPDX-License-Identifier: Apache-2.0
"""A clock that is set under a running camera: it goes on, and identities do not notice."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import AnonymousTick

S = 1_000_000_000
START_S = 1_800_000_000
STEPS_S = [-60, 60, 1800, -19_800, 19_800, 365 * 86_400, -365 * 86_400]
PEOPLE = ([1, 2, 3], [1.0, 2.0, 9.0], [1.0, 2.0, 9.0], [0.0] * 3, [0.0] * 3, [0.5] * 3)
SHORT = IdentitySettings(period_s=120, grace_s=30, silence_s=20, withhold_s=60, forget_s=10)


def anonymizer() -> Anonymizer:
    return Anonymizer(AnonymizationSettings(identities=SHORT), "lobby", Secret("a"))


def frames(seconds: Iterable[float], step_s: float = 0, era: int = 0) -> Iterator[tuple[int, int]]:
    for second in seconds:
        yield round((START_S + second + step_s) * S), era


def feed(to: Anonymizer, stamps: Iterable[tuple[int, int]]) -> list[AnonymousTick]:
    return [tick for stamp_ns, era in stamps for tick in to.update(stamp_ns, *PEOPLE, era)]


@pytest.mark.parametrize("step_s", STEPS_S)
def test_ticks_go_on_after_two_seconds_without_a_word_from_the_source(step_s: float) -> None:
    camera = anonymizer()
    feed(camera, frames(np.arange(0, 22, 0.5)))
    after = feed(camera, frames(np.arange(22, 60, 0.5), step_s))
    after = [tick for tick in after if tick.observed_percent]
    first, *rest = after
    assert first.tick == (START_S + 20) // 5  # the one that was under way, as it was
    ticks = [tick.tick for tick in rest]
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
    assert ticks[0] * 5 <= START_S + step_s + 26
    assert ticks[-1] == (START_S + step_s + 59) // 5 - 1


@pytest.mark.parametrize("step_s", STEPS_S)
@pytest.mark.parametrize("at_s", [10, 125, 140, 155, 200])
def test_a_step_neither_ends_nor_prolongs_grace_and_withholding(step_s: int, at_s: int) -> None:
    """Who is told in which tick is as in a world whose clock was not set."""
    straight, stepped = anonymizer(), anonymizer()
    expected = feed(straight, frames(np.arange(0, 600, 0.5)))
    got = feed(stepped, frames(np.arange(0, at_s, 0.5)))
    got += feed(stepped, frames(np.arange(at_s, 600, 0.5), step_s, era=1))
    assert stepped.counts.clock_steps == 1
    assert [len(tick.ids) for tick in got] == [len(tick.ids) for tick in expected]
    assert stepped.rotation_counts.rotations == straight.rotation_counts.rotations
    assert [len(set(tick.ids)) for tick in expected][-1] <= 3


def test_a_step_within_a_tick_gives_it_once() -> None:
    camera = anonymizer()
    ticks = feed(camera, frames(np.arange(0, 11, 0.5)))
    ticks += feed(camera, frames(np.arange(11, 30, 0.5), 2, era=1))
    numbers = [tick.tick for tick in ticks]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_strays_of_another_time_change_nothing() -> None:
    straight, crooked = anonymizer(), anonymizer()
    expected = feed(straight, frames(np.arange(0, 60, 0.5)))
    got: list[AnonymousTick] = []
    for second in np.arange(0, 60, 0.5):
        got += feed(crooked, frames([second]))
        for stray_s in (-19_800, 365 * 86_400):
            assert feed(crooked, frames([second], stray_s)) == []
    assert [tick.ids.tolist() for tick in got] == [tick.ids.tolist() for tick in expected]
    assert crooked.counts.clock_steps == 0
