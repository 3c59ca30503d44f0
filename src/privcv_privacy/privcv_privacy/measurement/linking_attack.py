# SPDX-License-Identifier: Apache-2.0
"""An attacker who sees all that is published and links ids across a rotation of identities.

It knows the settings, and when identities rotate. It is stronger than any real one: its idea of
which ends belong together is fitted to the truth of the very rotations that it attacks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.anonymization.identities import Identities
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.measurement.ground_truth import GroundTruth
from privcv_privacy.measurement.link_model import Ends, LinkModel

THRESHOLDS = tuple(float(x) for x in np.arange(-9.0, 5.5, 0.5))  # log odds
BEFORE_TICKS = 60  # published before the rotation, so that the attacker knows who goes where


@dataclass(frozen=True)
class LinkReport:
    """What the attacker achieved over many rotations, and what keeping it to that cost."""

    rotations: int
    present: int  # people there in the last tick before the rotation and in the first after it
    bridged: int  # of those, people published again under a new id
    relinked_share: (
        float  # of people present: correct links, at the threshold that gives most of them
    )
    precision: float  # correct of the links claimed, at the threshold that gives the best F1
    recall: float  # of the bridged: correct links, likewise
    chance_share: float  # of people present, for one who guesses
    anonymity_set: float  # median effective number of people that a bridged new id may be
    withheld_share: float  # of the time people spent there, not published for any reason


@dataclass
class _Cost:
    seen: int = 0  # person-ticks
    lost: int = 0


@dataclass(frozen=True)
class _Rotation:
    """One rotation as the attacker sees it, and the truth to judge the claims by."""

    old: Ends  # where ids of before were last published
    new: Ends  # where ids of after were first published
    truth: dict[int, int]  # row of old -> row of new
    present: int


def attack(people: GroundTruth, settings: IdentitySettings, rotations: int) -> LinkReport:
    """Rotate at ``rotations`` moments spread evenly over the ground truth and attack each.

    Every rotation starts from the same people, whatever the settings, so that settings compare.
    """
    cost = _Cost()
    moments = np.unique(np.linspace(people.first + 6, people.last - 6, rotations).astype(int))
    observed = [_rotate(people, settings, int(moment), cost) for moment in moments]
    return _report([rotation for rotation in observed if rotation.present], people, cost)


def _rotate(people: GroundTruth, settings: IdentitySettings, moment: int, cost: _Cost) -> _Rotation:
    """Run the identities over one rotation at tick ``moment``."""
    tick_ns = people.tick_s * NS_PER_S
    period = round(settings.period_s / people.tick_s)
    identities = Identities(settings, Secret(f"rotation {moment}"))
    identities.step((moment - period) * tick_ns, {})
    before = range(max(moment - BEFORE_TICKS, moment - period + 1), moment)
    overdue_s = settings.grace_s + settings.silence_s + settings.withhold_s + 120.0
    horizon = moment + min(period - 1, round(overdue_s / people.tick_s))
    begun, ended = Ends(), Ends()
    owner: dict[int, int] = {}
    for tick in [*before, *range(moment, moment + period)]:
        if tick > people.last:
            break
        there = people.ticks.get(tick, {})
        shown = identities.step(tick * tick_ns, {id: place for id, (place, _) in there.items()})
        if tick >= moment:
            cost.seen += len(there)
            cost.lost += len(there) - len(shown.ids)
        if tick > horizon:
            continue
        for person, id in shown.ids.items():
            owner[id] = person
            begun.add_first(id, tick, *there[person], people.tick_s)
            ended.add_last(id, tick, *there[person], people.tick_s)
    # Messages are shuffled, so order must tell nothing: sorted by id, which is a hash.
    ids = sorted(begun.ids)
    old = [id for id in ids if begun.tick(id) < moment and ended.tick(id) >= moment - 2]
    new = [id for id in ids if begun.tick(id) >= moment]
    row_of: dict[int, int] = {}
    for row in sorted(range(len(new)), key=lambda row: begun.tick(new[row])):
        row_of.setdefault(owner[new[row]], row)  # everybody's first new id counts
    here = people.ticks.get(moment - 1, {}).keys() & people.ticks.get(moment, {}).keys()
    truth = {
        row: row_of[owner[id]]
        for row, id in enumerate(old)
        if owner[id] in here and owner[id] in row_of
    }
    return _Rotation(ended.select(old), begun.select(new), truth, len(here))


def _report(rotations: list[_Rotation], people: GroundTruth, cost: _Cost) -> LinkReport:
    model = LinkModel(people)
    model.fit([(one.old, one.new, one.truth) for one in rotations])
    scores = [model.log_odds(one.old, one.new) for one in rotations]
    present = sum(one.present for one in rotations)
    bridged = sum(len(one.truth) for one in rotations)
    tried = [_claim(rotations, scores, threshold) for threshold in THRESHOLDS]
    correct, claimed = max(tried, key=lambda pair: pair[0] / max(pair[1] + bridged, 1))
    chance = sum(len(one.truth) / max(len(one.old), len(one.new), 1) for one in rotations)
    sets = [
        _effective_size(score[:, column])
        for one, score in zip(rotations, scores, strict=True)
        for column in one.truth.values()
    ]
    return LinkReport(
        rotations=len(rotations),
        present=present,
        bridged=bridged,
        relinked_share=max(pair[0] for pair in tried) / max(present, 1),
        precision=correct / max(claimed, 1),
        recall=correct / max(bridged, 1),
        chance_share=chance / max(present, 1),
        anonymity_set=float(np.median(sets)) if sets else float("nan"),
        withheld_share=cost.lost / max(cost.seen, 1),
    )


def _claim(
    rotations: list[_Rotation], scores: list[npt.NDArray[np.float64]], threshold: float
) -> tuple[int, int]:
    """(correct, claimed) of the best assignment in which no link is weaker than ``threshold``."""
    correct, claimed = 0, 0
    for one, score in zip(rotations, scores, strict=True):
        gain = np.maximum(score - threshold, 0.0)
        if gain.size == 0:
            continue
        for row, column in zip(*linear_sum_assignment(gain, maximize=True), strict=True):
            if gain[row, column] > 0.0:
                claimed += 1
                correct += one.truth.get(int(row)) == int(column)
    return correct, claimed


def _effective_size(log_odds: npt.NDArray[np.float64]) -> float:
    """exp(entropy) of whose a new id is: one of the old ids', or somebody's who arrived."""
    weights = np.append(np.exp(np.minimum(log_odds, 50.0)), 1.0)
    shares = weights[weights > 0.0] / weights.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
