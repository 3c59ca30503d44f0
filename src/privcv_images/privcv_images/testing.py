# SPDX-License-Identifier: Apache-2.0
"""For tests of redactions of other packages, and of what uses them: a fake, and what each must do.

Public, as the test doubles of a library are; nothing in privcv itself uses this module.
"""

from collections.abc import Callable, Sequence

import numpy as np

from privcv_images.redactions.redaction import FREE, Cost, Redaction, Region, Strength
from privcv_perception.detection.detector import Frame


class RecordingRedaction:
    """A redaction that paints regions white and remembers, in ``calls``, what it was given."""

    def __init__(self, strength: Strength = "strong", cost: Cost = FREE) -> None:
        self.strength, self.cost = strength, cost
        self.calls: list[tuple[float, tuple[Region, ...]]] = []

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Note the call and paint."""
        self.calls.append((stamp_s, tuple(regions)))
        for region in regions:
            region.of(frame)[:] = 255


def check_redaction(
    make: Callable[[], Redaction], size: tuple[int, int] = (160, 120), *, frames: int = 12
) -> None:
    """Run a redaction over frames of noise of ``size`` (width, height) in which two people move.

    Raises ``AssertionError`` where it changes a pixel outside of the regions, leaves more than one
    in a hundred of those within as they were, changes the frame's shape or, without regions, the
    frame, or, being strong and free of cost, publishes two things for two people.
    """
    width, height = size
    rng = np.random.default_rng(1)
    clips = [
        [rng.integers(0, 256, (height, width, 3), np.uint8) for _ in range(frames)]
        for _ in range(2)
    ]
    regions = [
        Region("body", width // 8, height // 8, width // 2, height * 3 // 4, 3),
        Region("face", width // 4, height // 8, width // 3, height // 4, 3),
        Region("body", width * 5 // 8, height // 4, width * 7 // 8, height, 7),
    ]
    hidden = np.zeros((height, width), bool)
    for region in regions:
        hidden[region.top : region.bottom, region.left : region.right] = True
    for index in range(frames):  # the same surroundings, other people
        clips[1][index][~hidden] = clips[0][index][~hidden]
    published: list[list[Frame]] = []
    for clip in clips:
        redaction, shown = make(), []
        for index, original in enumerate(clip):
            frame = original.copy()
            redaction.redact(frame, (), index * 0.1)
            assert (frame == original).all(), "it changed a frame in which nothing is to be hidden"
            redaction.redact(frame, regions, index * 0.1)
            assert frame.shape == original.shape, "the frame has another shape"
            assert (frame[~hidden] == original[~hidden]).all(), "it wrote outside of the regions"
            kept = (frame[hidden] == original[hidden]).all(axis=1).mean()
            assert kept < 0.01, f"{kept:.0%} of what is to be hidden was left as it was"
            shown.append(frame)
        published.append(shown)
    if redaction.strength == "strong" and redaction.cost.per == "nothing":
        for index, (one, other) in enumerate(zip(*published, strict=True)):
            assert (one == other).all(), f"frame {index}: it tells two people apart"
