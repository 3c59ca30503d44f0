# SPDX-License-Identifier: Apache-2.0
"""The one place where the perception package turns its data into messages and back."""

import numpy as np

from privcv_core.node.messages import RefusedMessage
from privcv_core.protocol.stamp_message import time_message
from privcv_core.protocol.tracks_message import FloorTracks
from privcv_msgs.msg import Detections as DetectionsMessage
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
            DetectionsMessage.OUTCOME_NONE
            if not detections.looked
            else DetectionsMessage.OUTCOME_INFERRED
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
    """The inverse of ``detections_message``, of a frame that is there."""
    if message.outcome == DetectionsMessage.OUTCOME_NONE:
        return Detections.between_looks()
    boxes = np.array([message.x, message.y, message.width, message.height], np.float32)
    inferred = message.outcome == DetectionsMessage.OUTCOME_INFERRED
    return Detections(boxes.T, np.array(message.score, np.float32), inferred)


def is_frame(message: DetectionsMessage) -> bool:
    """Whether there was a frame, looked at or not: one that was dropped has no size."""
    return bool(message.outcome != DetectionsMessage.OUTCOME_NONE or message.image_width > 0)


def check_detections(message: DetectionsMessage, camera: str) -> None:
    """Raise ``RefusedMessage`` for what no detection of ``camera`` states."""
    numbers = (message.x, message.y, message.width, message.height, message.score)
    is_there = is_frame(message)
    wrong = (
        "of another camera"
        if message.camera != camera
        else "an outcome that is none"
        if not 1 <= message.outcome <= DetectionsMessage.OUTCOME_NONE
        else "a negative time"
        if message.stamp.sec < 0 and (is_there or message.last)
        else "no size of an image"
        if is_there and not (message.image_width and message.image_height)
        else "lists of different lengths"
        if len({len(values) for values in numbers}) > 1
        else "a number that is none"
        if not all(np.isfinite(values).all() for values in numbers)
        else "a box of less than nothing"
        if min([0.0, *message.width, *message.height]) < 0
        else ""
    )
    if wrong:
        raise RefusedMessage(f"{camera}/detections: {wrong}")


def floor_tracks_of(tracks: Tracks, camera: str, stamp_ns: int, era: int) -> FloorTracks:
    """What of a final frame leaves the tracker; ``stamp_ns`` and ``era`` are those of the frame."""
    return FloorTracks(
        camera=camera,
        frame=tracks.frame,
        stamp_ns=stamp_ns,
        era=era,
        ids=tracks.ids,
        x_m=tracks.floor_m[:, 0],
        y_m=tracks.floor_m[:, 1],
        vx_mps=tracks.velocity_mps[:, 0],
        vy_mps=tracks.velocity_mps[:, 1],
        width_m=tracks.width_m,
    )
