# SPDX-License-Identifier: Apache-2.0
"""How a part of the graph is doing, in words: what /diagnostics shows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum


class Level(IntEnum):
    """The levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


PROBLEM = "problem"
"""How the keys on /diagnostics begin under which all that is wrong stands, one by one."""


@dataclass(frozen=True)
class Health:
    """A level, a sentence, and figures that tell nothing about people.

    Diagnostics leave the camera process, so a figure here must never depend on who is in view:
    frames and milliseconds are fine, counts of people are not.
    """

    level: Level
    message: str
    values: dict[str, str | int | float | bool] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """All that is wrong, the worst first, where it is more than ``message`` says."""

    @classmethod
    def of(
        cls,
        problems: Sequence[tuple[Level, str]],
        values: Mapping[str, str | int | float | bool],
        well: str = "running",
    ) -> "Health":
        """The worst level of ``problems``, and every one of them: none hides another.

        ``well``: what it says where nothing is wrong.
        """
        worst_first = sorted(problems, key=lambda problem: -problem[0])
        words = tuple(words for _, words in worst_first)
        level = worst_first[0][0] if worst_first else Level.OK
        return cls(level, "; ".join(words) or well, dict(values), words)

    def and_also(self, level: Level, problem: str) -> "Health":
        """The same, and one more that is wrong."""
        mine = self.problems or ((self.message,) if self.level != Level.OK else ())
        words = (problem, *mine) if level > self.level else (*mine, problem)
        return replace(self, level=max(self.level, level), message="; ".join(words), problems=words)
