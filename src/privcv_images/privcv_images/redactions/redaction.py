# SPDX-License-Identifier: Apache-2.0
"""What a redaction is, and what it gets: regions of a frame that nobody may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from numpy.typing import NDArray

from privcv_perception.detection.detector import Frame

Kind = Literal["body", "head", "face", "plate", "text", "screen", "area"]
"""What a region shows; an area is fixed, by whoever named it."""

KINDS: tuple[Kind, ...] = ("body", "head", "face", "plate", "text", "screen", "area")
OF_PEOPLE: frozenset[Kind] = frozenset({"body", "head", "face"})

Strength = Literal["strong", "weak"]
"""Strong: what is published of a region tells nobody apart. Weak: a retrained attacker does."""

NO_TRACK = -1


@dataclass(frozen=True)
class Region:
    """A rectangle of the image to hide, px: left, top, right, bottom, the two last exclusive.

    ``track``: number of whoever it shows, the same over all frames, or ``NO_TRACK``.
    """

    kind: Kind
    left: int
    top: int
    right: int
    bottom: int
    track: int = NO_TRACK

    @property
    def width(self) -> int:
        """px"""
        return self.right - self.left

    @property
    def height(self) -> int:
        """px"""
        return self.bottom - self.top

    def of(self, frame: Frame) -> NDArray:  # type: ignore[type-arg]
        """A view of the pixels of ``frame`` in the region, (height, width, 3)."""
        return frame[self.top : self.bottom, self.left : self.right]


def region_of(
    kind: Kind, box: Sequence[float], size: tuple[int, int], track: int = NO_TRACK
) -> Region | None:
    """The region of a ``box`` (left, top, width, height, px) in an image of ``size`` (w, h).

    Every pixel that it touches belongs to it. None where it lies beside the image.
    """
    left, top = max(int(box[0] // 1), 0), max(int(box[1] // 1), 0)
    right = min(int(-(-(box[0] + box[2]) // 1)), size[0])
    bottom = min(int(-(-(box[1] + box[3]) // 1)), size[1])
    if left >= right or top >= bottom:
        return None
    return Region(kind, left, top, right, bottom, track)


@dataclass(frozen=True)
class Cost:
    """What is paid in differential privacy: ``epsilon`` for each one of ``per``.

    None of it for what does not read the pixels that it hides: that is hidden whatever they are.
    """

    epsilon: float
    per: Literal["nothing", "track", "frame"]


FREE = Cost(0.0, "nothing")


class Redaction(Protocol):
    """Redaction: overwrites regions of a frame, and nothing else of it."""

    @property
    def strength(self) -> Strength:
        """Whether what is left of a region tells people apart."""

    @property
    def cost(self) -> Cost:
        """What a person pays."""

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Overwrite ``regions`` of ``frame`` in place; it was taken at ``stamp_s`` (event time, s).

        Frames come in their order; what is drawn for a track is kept until it was not seen for
        long.
        """
