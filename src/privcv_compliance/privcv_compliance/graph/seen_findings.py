# SPDX-License-Identifier: Apache-2.0
"""What was found, until it has been shown and recorded: also what was there for a moment only."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from privcv_compliance.graph.rules import Finding

APART_S = 1.0
"""Between two records, s: who comes and goes all the time fills no disk."""

SHOWN_S = 10.0
"""A finding is shown for so long after it was last there, s."""


@dataclass(frozen=True)
class Record:
    """A change of what is found: how many, their digest, and those that are new, in words."""

    findings: int
    digest: str
    new: tuple[str, ...]


class SeenFindings:
    """Call ``note`` after each look."""

    def __init__(self) -> None:
        self._last_s: dict[Finding, float] = {}
        self._gathered: dict[str, None] = {}  # since the last record, in the order they came
        self._recorded: frozenset[str] = frozenset()
        self._digest = ""
        self._recorded_s = -APART_S

    def note(self, findings: Sequence[Finding], now_s: float) -> Record | None:
        """What is to be recorded now, where that changed. ``now_s``: a steady clock, s."""
        self._last_s.update(dict.fromkeys(findings, now_s))
        self._last_s = {
            finding: last_s for finding, last_s in self._last_s.items() if now_s - last_s < SHOWN_S
        }
        self._gathered.update(dict.fromkeys(map(str, findings)))
        if now_s - self._recorded_s < APART_S:
            return None
        gathered, self._gathered = tuple(self._gathered), {}
        digest = hashlib.sha256("\n".join(gathered).encode()).hexdigest()
        if digest == self._digest:
            return None
        new = tuple(finding for finding in gathered if finding not in self._recorded)
        self._recorded, self._digest = frozenset(gathered), digest
        self._recorded_s = now_s
        return Record(len(gathered), digest, new)

    @property
    def shown(self) -> list[Finding]:
        """What is there or was there a moment ago."""
        return list(self._last_s)
