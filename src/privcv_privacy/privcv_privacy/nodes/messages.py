# SPDX-License-Identifier: Apache-2.0
"""The one place where the privacy package turns its data into messages and back."""

import numpy as np

from privcv_msgs.msg import AnonymousTrack, AnonymousTracks
from privcv_privacy.anonymization import AnonymousTick


def anonymous_tracks_message(tick: AnonymousTick) -> AnonymousTracks:
    """An ``AnonymousTick`` as its message."""
    return AnonymousTracks(
        camera=tick.camera,
        tick=tick.tick,
        tick_s=tick.tick_s,
        observed_percent=tick.observed_percent,
        tracks=[
            AnonymousTrack(id=id, cell_x=x, cell_y=y, size=size, direction=direction)
            for id, (x, y), size, direction in zip(
                tick.ids.tolist(),
                tick.cell_xy.tolist(),
                tick.size.tolist(),
                tick.direction.tolist(),
                strict=True,
            )
        ],
    )


def anonymous_tick(message: AnonymousTracks) -> AnonymousTick:
    """The inverse of ``anonymous_tracks_message``."""
    tracks = message.tracks
    return AnonymousTick(
        camera=message.camera,
        tick=message.tick,
        tick_s=message.tick_s,
        observed_percent=message.observed_percent,
        ids=np.array([track.id for track in tracks], dtype=np.uint64),
        cell_xy=np.array(
            [(track.cell_x, track.cell_y) for track in tracks], dtype=np.int16
        ).reshape(-1, 2),
        size=np.array([track.size for track in tracks], dtype=np.uint8),
        direction=np.array([track.direction for track in tracks], dtype=np.uint8),
    )
