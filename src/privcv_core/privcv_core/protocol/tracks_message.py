# SPDX-License-Identifier: Apache-2.0
"""Tracks on their way from the tracker to the anonymization: arrays, and ``privcv_msgs/Tracks``."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from privcv_core.protocol.stamp_message import time_message, time_ns
from privcv_msgs.msg import Tracks

Floats = NDArray[np.float32] | NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0, np.float32)


@dataclass(frozen=True)
class FloorTracks:
    """Tracks on the floor: the people in one final frame, arrays of shape (n,) with n <= 256.

    Floats are float64 as the tracker gives them, float32 as a message has them. This is personal
    data, as the message is: it stays inside the camera process.
    """

    camera: str  # its name in the site file
    frame: int  # index of the frame
    stamp_ns: int  # event time of the frame, ns since the Unix epoch
    era: int = 0  # how often the clock was set before
    last: bool = False  # the source ended here, nothing follows
    ids: NDArray[np.uint32] | NDArray[np.int64] = field(
        default_factory=lambda: np.empty(0, np.uint32)
    )
    x_m: Floats = field(default_factory=_none)  # feet on the floor, m (REP-103)
    y_m: Floats = field(default_factory=_none)
    vx_mps: Floats = field(default_factory=_none)  # velocity, m/s
    vy_mps: Floats = field(default_factory=_none)
    width_m: Floats = field(default_factory=_none)  # across the image, m; 0 where not known


def tracks_message(tracks: FloorTracks) -> Tracks:
    """The message of one frame; beyond the most people that it holds, the last are left out."""
    return Tracks(
        stamp=time_message(tracks.stamp_ns),
        era=tracks.era,
        camera=tracks.camera,
        frame=tracks.frame,
        last=tracks.last,
        id=tracks.ids[: Tracks.MAX].tolist(),
        x_m=tracks.x_m[: Tracks.MAX].tolist(),
        y_m=tracks.y_m[: Tracks.MAX].tolist(),
        vx_mps=tracks.vx_mps[: Tracks.MAX].tolist(),
        vy_mps=tracks.vy_mps[: Tracks.MAX].tolist(),
        width_m=tracks.width_m[: Tracks.MAX].tolist(),
    )


def floor_tracks(message: Tracks) -> FloorTracks:
    """Inverse of ``tracks_message``; the arrays are views of the message's, not copies."""
    return FloorTracks(
        camera=message.camera,
        frame=message.frame,
        stamp_ns=time_ns(message.stamp),
        era=message.era,
        last=message.last,
        ids=np.asarray(message.id),
        x_m=np.asarray(message.x_m),
        y_m=np.asarray(message.y_m),
        vx_mps=np.asarray(message.vx_mps),
        vy_mps=np.asarray(message.vy_mps),
        width_m=np.asarray(message.width_m),
    )
