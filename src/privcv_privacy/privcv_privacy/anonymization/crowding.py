# SPDX-License-Identifier: Apache-2.0
"""Crowding: how many cells each person may have in one message, which holds ``MAX_CELLS``.

What somebody is told to have done must depend on others as little as can be: up to 128 people,
each with the most cells that one may have, it does not at all.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from privcv_privacy.anonymization.identities import Sighting
from privcv_privacy.anonymization.person_features import TickSamples
from privcv_privacy.anonymous_tick import CELLS_FOR_SURE, MAX_CELLS


def fit_a_message(people: Sequence[TickSamples], told: Sequence[Sighting]) -> list[Sighting]:
    """``told`` of ``people``, at most ``MAX_PEOPLE`` in an order that nobody can foresee, without
    the cells that do not fit.

    Everybody has ``CELLS_FOR_SURE``, and more as long as there is room, in that order. So one
    person more costs all others together no more cells than that person has, and nobody all.
    """
    left = MAX_CELLS - sum(min(len(one.cells), CELLS_FOR_SURE) for one in told)
    fitting = []
    for samples, one in zip(people, told, strict=True):
        more = max(0, len(one.cells) - CELLS_FOR_SURE)
        fitting.append(one if more <= left else samples.sighting(CELLS_FOR_SURE + left))
        left -= min(more, left)
    return fitting


def columns_of(
    people: Sequence[TickSamples], told: Sequence[Sighting]
) -> dict[str, npt.NDArray[Any]]:
    """What an ``AnonymousTick`` tells of ``people`` besides their ids: its arrays, by name."""
    return {
        "cells": np.array([len(one.cells) for one in told], dtype=np.uint8),
        "last": np.array([one.last for one in told], dtype=np.uint8),
        "cell_xy": np.array([cell for one in told for cell in one.cells], dtype=np.int16).reshape(
            -1, 2
        ),
        "size": np.array([one.size for one in told], dtype=np.uint8),
        "direction": np.array([one.direction for one in people], dtype=np.uint8),
        "crossed": np.array([one.crossed for one in people], dtype=np.uint32),
    }
