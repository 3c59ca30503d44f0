# SPDX-License-Identifier: Apache-2.0
"""Unseen alone: who is not seen although nobody is near who may hide them has probably left.

People who cross hide each other for seconds, and come out again. In the open a detector misses
somebody for a moment; whoever is not seen for longer went out through a door, and who is seen there
next is somebody else.
"""

import numpy as np

from privcv_perception.tracking.track_states import FEET, HEIGHT, TrackStates

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
