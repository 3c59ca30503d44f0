# SPDX-License-Identifier: Apache-2.0
"""What was found, until it has been shown and recorded: also what was there for a moment only."""

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from privcv_compliance.graph.rules import Finding

APART_S = 1.0
"""Between two records, s: who comes and goes all the time fills no disk."""

SHOWN_S = 10.0
"""A finding is shown for so long after it was last there, s."""

MOST_NAMED, NAMED_IN_S = 60, 60.0
"""So many findings of a kind are named in so many seconds; the others are counted. Whoever makes up
names of nodes without end fills no disk with them, keeps no guard from looking, and hides nothing
of another kind."""


@dataclass(frozen=True)
class Record:
    """A change of what is found: how many, their digest, and those that are new, in words.
    ``unnamed`` are how many more are new; what of them stays is named later."""

    findings: int
    digest: str
    new: tuple[str, ...]
    unnamed: int = 0


class SeenFindings:
    """Call ``note`` after each look."""

    def __init__(self) -> None:
        self._last_s: dict[Finding, float] = {}
        self._gathered: dict[str, str] = {}  # since the last record, as they came; and their kinds
        self._recorded: frozenset[str] = frozenset()
        self._digest = ""
        self._recorded_s = -APART_S
        self._unnamed: frozenset[str] = frozenset()
        self._named_s: dict[str, deque[float]] = {}  # by kind

    def note(self, findings: Sequence[Finding], now_s: float) -> Record | None:
        """What is to be recorded now, where that changed. ``now_s``: a steady clock, s."""
        self._last_s.update(dict.fromkeys(findings, now_s))
        self._last_s = {
            finding: last_s for finding, last_s in self._last_s.items() if now_s - last_s < SHOWN_S
        }
        self._gathered.update({str(finding): finding.kind for finding in findings})
        if now_s - self._recorded_s < APART_S:
            return None
        gathered, self._gathered = self._gathered, {}
        digest = hashlib.sha256("\n".join(gathered).encode()).hexdigest()
        if digest == self._digest and not self._unnamed:
            return None
        new = sorted(
            (finding for finding in gathered if finding not in self._recorded),
            key=lambda finding: finding not in self._unnamed,
        )
        named = [finding for finding in new if self._names(gathered[finding], now_s)]
        is_old = digest == self._digest and not named
        self._unnamed = frozenset(new) - frozenset(named)
        self._recorded, self._digest = frozenset(gathered) - self._unnamed, digest
        self._recorded_s = now_s
        if is_old:
            return None
        return Record(len(gathered), digest, tuple(named), len(self._unnamed))

    def _names(self, kind: str, now_s: float) -> bool:
        """Whether one more of ``kind`` is named."""
        named_s = self._named_s.setdefault(kind, deque())
        while named_s and now_s - named_s[0] >= NAMED_IN_S:
            named_s.popleft()
        if len(named_s) == MOST_NAMED:
            return False
        named_s.append(now_s)
        return True

    @property
    def shown(self) -> list[Finding]:
        """What is there or was there a moment ago."""
        return list(self._last_s)
