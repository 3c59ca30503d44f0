# SPDX-License-Identifier: Apache-2.0
"""What came of one request, and what follows from it."""

import random
from dataclasses import dataclass
from enum import Enum

from privcv_uplink.settings import RetrySettings

AT_ONCE_IN_A_ROW = 12


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

    def pause_s(self, retry: RetrySettings, failures: int) -> float:
        """How long to wait after this one, which followed ``failures`` others, s."""
        if self.verdict is Verdict.BLOCKED:
            longest_s = retry.blocked_s
        else:
            longest_s = min(retry.longest_s, retry.first_s * 2.0 ** min(failures, 30))
        # Jitter, so that a fleet does not come back at the same instant.
        wait_s = longest_s * random.uniform(0.5, 1.0)
        return max(wait_s, min(self.wait_s or 0.0, 3600.0))
