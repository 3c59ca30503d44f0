# SPDX-License-Identifier: Apache-2.0
"""The attacker of identities links what can be linked, and guesses where nothing can."""

import numpy as np
import pytest

from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.measurement.ground_truth import ground_truth
from privcv_privacy.measurement.linking_attack import attack
from privcv_privacy.measurement.trajectories import Trajectories

NAIVE = IdentitySettings(grace_s=0.0, silence_s=0.0, withhold_s=0.0, period_s=600.0)
OURS = IdentitySettings(grace_s=120.0, silence_s=30.0, withhold_s=300.0, period_s=900.0)


def people(*walks, every_s=1.0):
    """Trajectories of people given as (start_s, end_s, place(t_s) -> (x_m, y_m))."""
    rows = [
        (t_s, id, *place(t_s))
        for id, (start_s, end_s, place) in enumerate(walks)
        for t_s in np.arange(start_s, end_s, every_s)
    ]
    t_s, ids, x_m, y_m = (np.array(column) for column in zip(*sorted(rows), strict=True))
    return Trajectories(t_s, ids.astype(np.int64), x_m, y_m)


def standing(x_m, y_m):
    return lambda t_s: (x_m, y_m)


def truth(*walks):
    return ground_truth(people(*walks))


APART = [(0, 3600, standing(4.0 * n, 0.3)) for n in range(5)]


def test_people_who_stand_apart_are_all_relinked_when_only_the_secret_changes():
    report = attack(truth(*APART), NAIVE, rotations=20)
    assert report.relinked_share > 0.97
    assert report.chance_share == pytest.approx(0.2, abs=0.01)


def test_people_in_one_cell_are_guessed():
    report = attack(truth(*[(0, 3600, standing(0.3, 0.3))] * 5), NAIVE, rotations=40)
    assert report.bridged == report.present
    assert report.recall < 0.5  # a fifth by chance


def test_people_who_leave_within_the_grace_period_are_never_relinked():
    passing = [
        (60 * n, 60 * n + 100, lambda t_s, n=n: (0.8 * (t_s - 60 * n), 1.0 * (n % 3)))
        for n in range(60)
    ]
    report = attack(truth(*passing), OURS, rotations=30)
    assert report.present > 20
    assert (report.bridged, report.relinked_share) == (0, 0.0)
    assert attack(truth(*passing), NAIVE, rotations=30).relinked_share > 0.9


def test_who_never_moves_is_relinked_after_the_longest_time_and_it_is_said_so():
    report = attack(truth(*APART), OURS, rotations=8)
    assert report.relinked_share > 0.5
    assert 0.3 < report.withheld_share < 0.5
