# SPDX-License-Identifier: Apache-2.0
"""Under the weaker units nothing but the epoch and the tracker's number decides about an id."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S

S = 1_000_000_000
EPOCH_S = 60
START_S = 1_000_020 // EPOCH_S * EPOCH_S
SHORT = {"period_s": 60.0, "grace_s": 5.0, "silence_s": 10.0, "withhold_s": 300.0}


def told(present, forced_s=()):
    """{second: id, or None where nothing is told} of one person who stands there at ``present``."""
    anonymizer = Anonymizer(
        AnonymizationSettings(identities=SHORT), "lobby", Secret("epochs"), epoch_s=EPOCH_S
    )
    ticks = []
    for second in range(4 * EPOCH_S + 1):
        if second in forced_s:
            anonymizer.rotate_now("test")
        there = second in present
        columns = [[7], [1.0], [1.0], [0.0], [0.0], [0.5]] if there else [[]] * 6
        ticks += anonymizer.update((START_S + second) * S, *columns)
    return {tick.tick * TICK_S - START_S: (tick.ids.tolist() or [None])[0] for tick in ticks}, ticks


def test_an_id_lasts_for_one_epoch_and_is_told_in_every_tick():
    by_second, ticks = told(range(4 * EPOCH_S))
    ids = [by_second[epoch * EPOCH_S] for epoch in range(4)]
    assert len(set(ids)) == 4
    assert all(id == ids[second // EPOCH_S] for second, id in by_second.items())
    assert {tick.epoch_s for tick in ticks} == {EPOCH_S}


@given(st.sets(st.integers(0, 47)), st.sets(st.integers(0, 239), max_size=2))
@settings(max_examples=30, deadline=None)
def test_whether_somebody_was_there_before_changes_no_id(gone, forced_s):
    """The rotating identities fail this: who is away for long, or was told where, decides."""
    everything, _ = told(range(4 * EPOCH_S), forced_s)
    present = [s for s in range(4 * EPOCH_S) if s // TICK_S not in gone]
    some, _ = told(present, forced_s)
    for second, id in some.items():
        assert id == (None if second // TICK_S in gone else everything[second])


def test_a_forced_rotation_silences_the_camera_and_replaces_every_id_in_the_epoch():
    by_second, ticks = told(range(4 * EPOCH_S), [72])
    assert [s for s, id in by_second.items() if id is None] == [70, 75]
    assert by_second[65] != by_second[80] == by_second[115]
    generations = np.array([tick.generation for tick in ticks])
    assert (generations == [s >= 70 for s in by_second]).all()


def test_the_secret_of_an_epoch_is_gone_with_it():
    """So that nobody can tell later which ids a number of the tracker had."""
    secret = Secret("epochs")
    anonymizer = Anonymizer(AnonymizationSettings(), "lobby", secret, epoch_s=EPOCH_S)
    anonymizer.update(START_S * S, [7], [1.0], [1.0], [0.0], [0.0], [0.5])
    before = secret.hash64(b"probe", b"")
    for second in (EPOCH_S, EPOCH_S + TICK_S):
        anonymizer.update((START_S + second) * S, [], [], [], [], [], [])
    assert secret.hash64(b"probe", b"") != before
    assert anonymizer.rotation_counts.periodic == 1


@pytest.mark.parametrize("epoch_s", [0, 60, 3600])
def test_every_tick_says_of_which_kind_its_identities_are(epoch_s):
    anonymizer = Anonymizer(AnonymizationSettings(), "lobby", epoch_s=epoch_s)
    anonymizer.update(START_S * S, [], [], [], [], [], [])
    assert [tick.epoch_s for tick in anonymizer.flush()] == [epoch_s]
