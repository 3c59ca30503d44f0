# SPDX-License-Identifier: Apache-2.0
"""Why a frame was dropped, for counts and answers: every path that drops one names its reason."""

from collections.abc import Callable, Mapping
from enum import Enum

from privcv_perception.frames.buffers import FrameStamp


class Dropped(str, Enum):
    """Reason of a dropped frame; the value ends the phrase "frames dropped: ..."."""

    EMPTY = "without an image"
    UNDECODABLE = "that cannot be decoded"
    ENCODING = "in an encoding that cannot be read"
    SIZE = "of another size"
    NO_TIME = "without a time"
    BEHIND = "that went back in time"
    AHEAD = "too far ahead in time"
    UNDETECTED = "that the detector could not look at"
    LATE = "that came while another was looked at"
    PACED = "beyond the rate that is wanted"
    CLOSED = "while the camera is not in use"


BAD = (
    Dropped.EMPTY, Dropped.UNDECODABLE, Dropped.ENCODING, Dropped.SIZE, Dropped.NO_TIME,
    Dropped.UNDETECTED,
)  # fmt: skip
"""Those where something is wrong with the frame itself."""


def in_words(dropped: Mapping[Dropped, int]) -> str:
    """How many frames were dropped and why, the commonest reason first; '' where none was."""
    counts = sorted(dropped.items(), key=lambda item: -item[1])
    words = ", ".join(f"{count} {why.value}" for why, count in counts if count)
    return f"dropped were {words}" if words else ""


OnDrop = Callable[[FrameStamp, Dropped], None]
"""Called once for each frame that is dropped."""
