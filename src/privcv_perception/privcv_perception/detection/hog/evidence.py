# SPDX-License-Identifier: Apache-2.0
"""Evidence of people: does what moves before this camera look like standing or walking people?

Of what stands out from the empty scene, people who are surely found take almost all: nine tenths
in streets and halls, three quarters under a ceiling or where people sit. Before cars, goods on a
belt, plants or machines it is half or less, and the windows that look like people are chance.
"""

import math

MEMORY_S = 20.0
"""Time constant of the memory, s of event time."""

MOST_UNEXPLAINED = 0.5
"""Share of the foreground that is no person's, from which on nobody is reported."""

AGAIN = 0.3
"""The share below which people are reported again: plants in the wind come down to 0.4 at times."""

LIKE = 0.5
UNTRUSTED = 0.55
"""Until so much was judged that people may be trusted, whoever is less like a person than this
margin of the SVM scores no more than that, and confirms no track."""

LEAST = 2.0
"""Foreground, in areas of the whole mask times s / 100, before anything is judged."""

DOUBT = (
    "most of what moves here does not look like standing or walking people (vehicles, goods, "
    "plants, people who sit or lie, a camera from above?): the built-in detector counts nobody; "
    "use a network (detector: kind: onnx)"
)


MOVERS_ONLY = (
    "the built-in detector finds who moves: whoever sits or stands where they were in the first "
    "frames is not counted before they get up; use a network where people sit"
)
"""What it cannot see and cannot notice either, to be said wherever it runs."""


class Evidence:
    """Evidence of people, a decaying mean over the foreground of the frames so far."""

    def __init__(self) -> None:
        self._all = self._unexplained = 0.0
        self._last_s = -math.inf
        self._doubtful = self._trusted = False

    def add(self, stamp_s: float, foreground: float, unexplained: float) -> None:
        """Of a frame at ``stamp_s``: share of its area that stands out, and that is nobody's."""
        passed_s = stamp_s - self._last_s
        if math.isfinite(stamp_s):
            self._last_s = stamp_s
        if not 0 < passed_s < math.inf:
            return
        passed_s = min(passed_s, 1.0)
        kept = math.exp(-passed_s / MEMORY_S)
        self._all = kept * self._all + 100 * passed_s * foreground
        self._unexplained = kept * self._unexplained + 100 * passed_s * unexplained
        if self._all >= LEAST:
            share = self._unexplained / self._all
            self._doubtful = share > (AGAIN if self._doubtful else MOST_UNEXPLAINED)
            self._trusted = not self._doubtful and (self._trusted or share < AGAIN)

    @property
    def trusted(self) -> bool:
        """Whether what moved here until now was people's for the most part."""
        return self._trusted

    @property
    def doubt(self) -> str:
        """Why nobody is reported, in words; empty where people are."""
        return DOUBT if self._doubtful else ""
