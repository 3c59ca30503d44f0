# SPDX-License-Identifier: Apache-2.0
"""The states in which a value is shown, which are never mixed: their marks and their words.

The only place that says so. Pages get it as a module of script, the report of a run as it is, so
that both look alike; each state has a shape of its own, and none needs its colour.
"""

import json
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Mark:
    """How a state is drawn: ``reach`` says how high, ``hatch`` the turn of its lines, degrees."""

    name: str
    reach: Literal["interval", "k", "full", "tick"]
    hatch: int | None = None
    is_dotted: bool = False


MARKS: dict[State, Mark] = {
    "published": Mark("band", "interval"),
    # From 0 up to k only: it says "few", not "unknown".
    "few": Mark("few", "k", hatch=45),
    "not_observed": Mark("unseen", "full", hatch=0),
    "budget_spent": Mark("spent", "full", is_dotted=True),
    "nothing_arrived": Mark("gap", "tick"),
}

COLOURS = {"value": "#1f5fa8", "band": "#9dc3ea", "past": "#a84b00", "hatch": "#6b7580"}
"""Of marks on a light ground, as in the pages' style sheet."""

WORDS = {
    "en": {
        "published": "{low} to {high}",
        "published_value": "{low} to {high}, most likely about {value}",
        "interval": "value and its interval",
        "few": "few (fewer than about {k})",
        "few_alone": "few",
        "not_observed": "not observed",
        "budget_spent": "hidden: the privacy budget is spent",
        "nothing_arrived": "no report arrived",
    },
    "de": {
        "published": "{low} bis {high}",
        "published_value": "{low} bis {high}, am ehesten etwa {value}",
        "interval": "Wert und sein Intervall",
        "few": "wenige (unter etwa {k})",
        "few_alone": "wenige",
        "not_observed": "nicht beobachtet",
        "budget_spent": "verborgen: das Privatsphäre-Budget ist aufgebraucht",
        "nothing_arrived": "kein Bericht angekommen",
    },
}
"""What each state is called, by language; a name in braces is replaced by a number."""


def words_of_state(state: State, k: int, language: str = "en") -> str:
    """What a state without a value is called where fewer than ``k`` are not told."""
    name = "few_alone" if state == "few" and k <= 1 else state
    return WORDS[language][name].format(k=k)


def states_module() -> str:
    """Marks and words as a module of script, for the pages."""
    marks = {state: asdict(mark) for state, mark in MARKS.items()}
    return (
        "// Made from report_states.py.\n"
        f"export const MARKS = {json.dumps(marks)};\n"
        f"export const STATE_WORDS = {json.dumps(WORDS, ensure_ascii=False)};\n"
    )
