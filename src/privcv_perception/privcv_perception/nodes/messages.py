# SPDX-License-Identifier: Apache-2.0
"""The one place where the perception package turns its data into messages and back."""

import numpy as np
from builtin_interfaces.msg import Time

from privcv_core.protocol.stamp_message import time_message
from privcv_msgs.msg import Detections as DetectionsMessage
from privcv_msgs.msg import Tracks as TracksMessage
from privcv_perception.detection.detector import Detections
from privcv_perception.frames.buffers import FrameStamp
from privcv_perception.tracking.tracks import Tracks


def detections_message(
    detections: Detections, camera: str, stamp: FrameStamp, size: tuple[int, int]
) -> DetectionsMessage:
    """The boxes of one frame; beyond the most that a message holds, the least sure are left out."""
    order = np.argsort(-detections.scores, kind="stable")[: DetectionsMessage.MAX]
    boxes = detections.boxes[order].T
    return DetectionsMessage(
        stamp=time_message(stamp.time_ns),
        era=stamp.era,
        camera=camera,
        frame=stamp.index,
        image_width=size[0],
        image_height=size[1],
        outcome=(
            DetectionsMessage.OUTCOME_INFERRED
            if detections.inferred
            else DetectionsMessage.OUTCOME_UNCHANGED
        ),
        x=boxes[0].tolist(),
        y=boxes[1].tolist(),
        width=boxes[2].tolist(),
        height=boxes[3].tolist(),
        score=detections.scores[order].tolist(),
    )


def detections_of(message: DetectionsMessage) -> Detections:
    """The inverse of ``detections_message``."""
    boxes = np.array([message.x, message.y, message.width, message.height], np.float32)
    inferred = message.outcome == DetectionsMessage.OUTCOME_INFERRED
    return Detections(boxes.T, np.array(message.score, np.float32), inferred)


def tracks_message(tracks: Tracks, camera: str, stamp: Time, era: int) -> TracksMessage:
    """One final frame, of at most as many people as a message holds; ``era`` of its stamp."""
    n = slice(0, TracksMessage.MAX)
    return TracksMessage(
        stamp=stamp,
        era=era,
        camera=camera,
        frame=tracks.frame,
        id=tracks.ids[n].tolist(),
        x_m=tracks.floor_m[n, 0].tolist(),
        y_m=tracks.floor_m[n, 1].tolist(),
        vx_mps=tracks.velocity_mps[n, 0].tolist(),
        vy_mps=tracks.velocity_mps[n, 1].tolist(),
        width_m=tracks.width_m[n].tolist(),
    )
