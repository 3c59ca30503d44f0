# SPDX-License-Identifier: Apache-2.0
"""Leaving: who walked out of the image, or is not seen for too long, or unseen although alone.

People who cross hide each other for seconds, and come out again. In the open a detector misses
somebody for a moment; whoever is not seen for longer went out through a door, and who is seen there
next is somebody else.
"""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tentative import settled
from privcv_perception.tracking.track_states import FEET, HEIGHT, TrackStates

LEFT_PX = 5
"""Feet this far beside the image have left it; below it, a share ``BELOW`` of its height."""
BELOW = 0.25

HIDES = 0.7
"""Who is nearer than this in the image, in heights, may hide a person."""


def note_alone(states: TrackStates, slot: int, passed_s: float) -> None:
    """Add ``passed_s``, s, to ``alone_s`` of those who were not seen in the frame ``slot``.

    But not to those beside whose predicted place somebody was.
    """
    seen = states.seen[:, slot, 0].tolist()
    if all(seen):
        return
    others = [row for row, there in enumerate(seen) if there]
    unseen = [row for row, there in enumerate(seen) if not there]
    feet = states.state[:, FEET]
    off = feet.take(unseen, axis=0)[:, None] - feet.take(others, axis=0)
    near = HIDES * np.exp(states.log_body.take(unseen) + states.state[unseen, HEIGHT])
    alone = (np.einsum("ijk,ijk->ij", off, off) > (near * near)[:, None]).all(axis=1)
    states.alone_s[unseen] += passed_s * alone


class Leaving:
    """Who has left the image of ``image_size``, (width, height), px."""

    def __init__(self, settings: TrackerSettings, image_size: tuple[int, int]) -> None:
        self._settings = settings
        self._image: Floats = np.array(image_size, float)
        self._bounds = (
            (-LEFT_PX, 0.0), (image_size[0] + LEFT_PX, image_size[1] * (1 + BELOW))
        )  # fmt: skip
        self._shortest_s = min(settings.lost_s, settings.alone_s, settings.unsure_s, settings.lag_s)

    def keep(self, states: TrackStates, now_s: float) -> NDArray[np.bool_] | None:
        """(n,) Which tracks to keep at ``now_s``, None: all; ``here`` is False for who has left.

        A confirmed one is kept until the last frame with them is final.
        """
        inside = self._inside(states, now_s)
        if inside is None:
            return None
        settings = self._settings
        unseen_s = now_s - states.last_s
        # Whoever is not seen while cut by the edge has left: who comes in there is somebody else.
        waits = settled(states) & ~states.cut_by(self._image)
        limit_s = np.where(waits, settings.lost_s, settings.unsure_s)
        gone = (unseen_s > limit_s + 1e-9) | (states.alone_s > settings.alone_s + 1e-9)
        states.here &= inside & ~gone
        confirmed = states.number >= 0
        keep: NDArray[np.bool_] = states.here | (confirmed & (unseen_s <= settings.lag_s + 1e-9))
        return keep if np.count_nonzero(keep) < len(keep) else None

    def _inside(self, states: TrackStates, now_s: float) -> NDArray[np.bool_] | None:
        """(n,) Whose feet are not beside the image; None where all are here and seen lately."""
        (left, top), (right, bottom) = self._bounds
        feet = states.state[:, FEET].tolist()  # of a few people numpy is slower than lists
        inside = [left <= x <= right and top <= y <= bottom for x, y in feet]
        oldest_s = now_s - self._shortest_s
        if all(inside) and min(states.last_s.tolist()) >= oldest_s and all(states.here.tolist()):
            return None
        return np.array(inside)
