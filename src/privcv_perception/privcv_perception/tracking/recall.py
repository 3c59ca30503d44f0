# SPDX-License-Identifier: Apache-2.0
"""Recall proxy: of the looks at people who are known to be there, how many found them.

Somebody whom a track has before a look and has again after it was there in between, found or not
(capture and recapture). Whom no look ever finds is in no track: so it is an upper bound of the
recall, but a dirty lens, a weak light or a camera that was moved make it fall first.
"""

from privcv_perception.tracking.track_states import TrackStates

LEARN = 2000
"""The first so many looks at a person are what is usual."""

EVERY_S = 3600.0
ENOUGH = 500
"""Judged once in so long, s of event time, over at least so many looks at a person."""

FALLEN = 0.15
"""A share that is by so much lower than the usual one has fallen."""

FALLEN_IN_WORDS = (
    "people who are known to be there are found less often than at first: clean the lens, and "
    "check light, focus, and whether the camera was moved"
)


class RecallProxy:
    """Recall proxy of one camera, fed with final frames.

    Only whether it has fallen may be told while a camera runs: figures exist only while people
    are there. ``fallen`` changes at full hours alone, and is False until something is wrong.
    """

    def __init__(self) -> None:
        self.known = self.found = 0
        """Looks at people known to be there since the start, and those in which they were found."""
        self.fallen = False
        self._usual = (0, 0)
        self._lately = (0, 0)
        self._hour = 0.0

    def note(self, states: TrackStates, slot: int, stamp_s: float) -> None:
        """Count a look that is final now: column ``slot`` of ``states.seen``, at ``stamp_s``, s."""
        # Of a few people numpy is slower than lists.
        rows = zip(
            states.number.tolist(), states.first_s.tolist(), states.last_s.tolist(),
            states.seen[:, slot, 0].tolist(), strict=True,
        )  # fmt: skip
        seen = [
            seen for number, first_s, last_s, seen in rows
            if first_s < stamp_s < last_s and number >= 0
        ]  # fmt: skip
        self.add(len(seen), int(sum(seen)), stamp_s)

    def add(self, known: int, found: int, stamp_s: float) -> None:
        """So many people are ``known`` to have been there at ``stamp_s`` (event time, s)."""
        self._judge(stamp_s // EVERY_S)
        self.known += known
        self.found += found
        if self._usual[0] < LEARN:
            self._usual = (self._usual[0] + known, self._usual[1] + found)
        else:
            self._lately = (self._lately[0] + known, self._lately[1] + found)

    @property
    def in_words(self) -> str:
        """For the owner of a recording; empty where nobody was followed for long."""
        if not self.known:
            return ""
        return f"found in {self.found / self.known:.0%} of the looks at people known to be there"

    def _judge(self, hour: float) -> None:
        if hour == self._hour:
            return
        self._hour = hour
        known, found = self._lately
        if known >= ENOUGH:
            self.fallen = found / known < self._usual[1] / self._usual[0] - FALLEN
            self._lately = (0, 0)
