# SPDX-License-Identifier: Apache-2.0
"""What the collector has of this device: an anchor outside of it, by which an old copy is found.

Whoever puts an old copy of the state folder back puts back all of it: ledger, its anchor, outbox.
None of them can tell. The collector answers with the last release that it has of this device; an
outbox that never accepted that one is an old copy, and so may the ledger be. The aggregation learns
it as a release that is safe elsewhere, and stops where its ledger never made it.
"""

import logging
from collections.abc import Mapping
from typing import Any

from privcv_core.protocol.release import SEQUENCE_MAX

logger = logging.getLogger(__name__)


class CollectorAnchor:
    """The last release that the collector said it has. May be read from any thread."""

    def __init__(self) -> None:
        self.last_release = 0

    def hear(self, answer: Mapping[str, Any], accepted_through: int) -> None:
        """Take note of an answer; ``accepted_through`` is what the outbox ever accepted."""
        last = answer.get("last_release")
        if type(last) is not int or not self.last_release < last <= SEQUENCE_MAX:
            return
        self.last_release = last
        if finding := self.finding(accepted_through):
            logger.error("%s; if the ledger is one too, it refuses to go on", finding)

    def finding(self, accepted_through: int) -> str:
        """That this outbox is an old or a new one, as long as it has not caught up; else ''."""
        if self.last_release <= accepted_through:
            return ""
        return (
            f"the collector has release {self.last_release}, this outbox only {accepted_through}: "
            "an old copy was restored, or it was lost"
        )
