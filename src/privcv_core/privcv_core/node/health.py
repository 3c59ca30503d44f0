# SPDX-License-Identifier: Apache-2.0
"""How a part of the graph is doing, in words: what /diagnostics shows of it."""

from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """The levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Health:
    """A level, a sentence, and figures that tell nothing about people.

    Diagnostics leave the camera process, so a figure here must never depend on who is in view:
    frames and milliseconds are fine, counts of people are not.
    """

    level: Level
    message: str
    values: dict[str, str | int | float | bool] = field(default_factory=dict)
