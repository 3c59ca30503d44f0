# SPDX-License-Identifier: Apache-2.0
"""Background in place of people: the empty scene, the same pixels in every frame. Strong.

What is published of a region depends on the scene alone, so that it does not flicker; the scene
was made without whoever stood there (``hiding.empty_scene``). For a camera that stands still.
"""

from collections.abc import Sequence

from privcv_images.redactions.redaction import FREE, OF_PEOPLE, Cost, Region, Strength
from privcv_images.redactions.scene import Scene
from privcv_perception.detection.detector import Frame, frame_size
from privcv_perception.errors import FrameError


class Background:
    """Background of the ``scene``; what is none of people is black."""

    strength: Strength = "strong"
    cost: Cost = FREE

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Copy the scene over each region. Raises ``FrameError`` for a frame of another size."""
        if frame.shape != self._scene.plate.shape:
            size, scene = frame_size(frame), frame_size(self._scene.plate)
            raise FrameError(
                f"a frame of {size[0]}x{size[1]} px has no background in an empty scene of "
                f"{scene[0]}x{scene[1]} px; redact it on its own"
            )
        for region in regions:
            view = region.of(frame)
            if region.kind in OF_PEOPLE:
                view[:] = region.of(self._scene.plate)
            else:
                view[:] = 0
