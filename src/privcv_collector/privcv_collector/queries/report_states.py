# SPDX-License-Identifier: Apache-2.0
"""The states in which a value is shown, which are never mixed."""

from typing import Literal

State = Literal["published", "few", "not_observed", "budget_spent", "nothing_arrived"]

Room = Literal["surely_room", "possibly_room", "possibly_full", "surely_full", "few"]
"""Whether a room takes more people, by the interval of how many are there; few: fewer than k."""

STATES: dict[str, State] = {
    "none": "published",
    "below_k": "few",
    "unobserved": "not_observed",
    "fault": "not_observed",  # nobody watched the graph, so nothing was published of it
    "budget": "budget_spent",
}
"""By the reason that a report gives. Where none came, nothing has arrived."""
