# SPDX-License-Identifier: Apache-2.0
"""What came of one request, and what follows from it."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What follows."""

    DELIVERED = "the collector has it"
    AT_ONCE = "changed in answer to a refusal: send again"
    LATER = "wait, then send again"
    BLOCKED = "somebody has to act"


@dataclass(frozen=True)
class Outcome:
    """A verdict, why, and how long the collector asked to wait, s."""

    verdict: Verdict
    words: str = ""
    wait_s: float | None = None
