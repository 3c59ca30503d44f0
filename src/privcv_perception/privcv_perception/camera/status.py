# SPDX-License-Identifier: Apache-2.0
"""Status of a camera's loop: its state, the reason for it, and counts of frames."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from privcv_perception.frames.dropped import BAD, Dropped

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
    dropped: Mapping[Dropped, int] = field(default_factory=dict)
    """Frames dropped for any other reason, by reason; what is not in it is 0."""
    reopened: int = 0
    """Times the camera was lost."""
    doubt: str = ""
    """For people: why the detector reported nobody, at some time, although something moved."""
    doubted: int = 0
    """Frames in which it did so; not for /diagnostics."""

    def looked(self, doubt: str) -> "CameraStatus":
        """The same after one more frame was looked at; ``doubt``: of the detector, there."""
        # It stays once said: when it is over would tell that somebody came.
        doubted = self.doubted + bool(doubt)
        return replace(self, frames=self.frames + 1, doubt=self.doubt or doubt, doubted=doubted)

    @property
    def bad(self) -> int:
        """Frames dropped because they could not be read or looked at."""
        return sum(self.dropped.get(why, 0) for why in BAD)

    @property
    def backwards(self) -> int:
        """Frames dropped because their time was not after that of the frame before."""
        return self.dropped.get(Dropped.BEHIND, 0)

    @property
    def ahead(self) -> int:
        """Frames dropped because their time was too far after that of the frame before."""
        return self.dropped.get(Dropped.AHEAD, 0)

    @property
    def worst(self) -> Dropped | None:
        """The reason for which most frames were dropped; None where none was."""
        return max(self.dropped, key=lambda why: self.dropped[why], default=None)
