# SPDX-License-Identifier: Apache-2.0
"""A frame between two looks is told as one that is there, a dropped one as none."""

import numpy as np
import pytest

from privcv_perception.detection.detector import Detections
from privcv_perception.frames.buffers import FrameStamp

msgs = pytest.importorskip("privcv_msgs.msg", reason="needs the built workspace")
STAMP = FrameStamp(7, 1_700_000_000_000_000_000)


def test_a_frame_between_looks_comes_back_as_one() -> None:
    from privcv_perception.nodes.messages import (
        check_detections,
        detections_message,
        detections_of,
        is_frame,
    )

    message = detections_message(Detections.between_looks(), "lobby", STAMP, (640, 480))
    check_detections(message, "lobby")
    assert message.outcome == msgs.Detections.OUTCOME_NONE
    assert is_frame(message)
    assert not detections_of(message).looked
    people = Detections(np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32))
    assert detections_of(detections_message(people, "lobby", STAMP, (640, 480))).looked


def test_a_dropped_frame_and_the_end_are_no_frames() -> None:
    from privcv_perception.nodes.messages import check_detections, is_frame

    dropped = msgs.Detections(camera="lobby", frame=7, outcome=msgs.Detections.OUTCOME_NONE)
    check_detections(dropped, "lobby")
    assert not is_frame(dropped)


def test_a_frame_between_looks_of_before_1970_is_refused() -> None:
    from privcv_core.node.messages import RefusedMessage
    from privcv_perception.nodes.messages import check_detections, detections_message

    message = detections_message(Detections.between_looks(), "lobby", STAMP, (640, 480))
    message.stamp.sec = -1
    with pytest.raises(RefusedMessage, match="a negative time"):
        check_detections(message, "lobby")
