# SPDX-License-Identifier: Apache-2.0
"""Status of a camera's loop: its state, the reason for it, and counts of frames."""

from dataclasses import dataclass
from typing import Literal

State = Literal["paused", "closed", "opening", "running", "lost", "ended", "failed"]


@dataclass(frozen=True)
class CameraStatus:
    """Status of one camera. Counts are since its loop was made."""

    state: State = "paused"
    reason: str = ""
    """For people: why it is not running, or what was wrong with the last bad frame."""
    size: tuple[int, int] = (0, 0)
    """(width, height) of the frames, px."""
    frames: int = 0
    """Frames that were looked at."""
    late: int = 0
    """Frames that came while the one before was being looked at, and were dropped."""
    bad: int = 0
    """Frames dropped because they could not be read or looked at."""
    backwards: int = 0
    """Frames dropped because their time was not after that of the frame before."""
    ahead: int = 0
    """Frames dropped because their time was too far after that of the frame before."""
    reopened: int = 0
    """Times the camera was lost."""
