# SPDX-License-Identifier: Apache-2.0
"""Outcome of one request: delivered, try at once, wait with exponential backoff, or blocked."""

import random
from dataclasses import dataclass
from enum import Enum

from privcv_uplink.settings import RetrySettings

AT_ONCE_IN_A_ROW = 12
"""Most requests in a row that follow a refusal without a wait."""


class Verdict(Enum):
    """What follows from an outcome."""

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

    def pause_s(self, retry: RetrySettings, failures: int) -> float:
        """Backoff after this outcome, which followed ``failures`` others, s; with jitter."""
        if self.verdict is Verdict.BLOCKED:
            longest_s = retry.blocked_s
        else:
            longest_s = min(retry.longest_s, retry.first_s * 2.0 ** min(failures, 30))
        # Jitter, so that a fleet does not come back at the same instant.
        wait_s = longest_s * random.uniform(0.5, 1.0)
        return max(wait_s, min(self.wait_s or 0.0, 3600.0))
