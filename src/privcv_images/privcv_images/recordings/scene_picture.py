# SPDX-License-Identifier: Apache-2.0
"""The empty scene of a recording: what was behind people when they were not there.

Each pixel is the median of those of up to 41 frames in which nobody is near it; where it was never
seen empty it is inpainted from around (Telea 2004). Then a gate: where the detector still finds
somebody in the picture itself, at half the score, that place was not seen empty either.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.errors import ImagesError
from privcv_images.hiding.plan import plan_frames
from privcv_images.recordings.finder import Finds
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redactions.redaction import Region
from privcv_images.redactions.scene import Scene
from privcv_perception.detection.detector import Frame, frame_size

SAMPLES = 41
LEAST_EMPTY = 3
"""A pixel must have been seen empty in so many of the samples."""
BAND_PX = 32
INPAINT_PX = 5
MOST_UNSEEN = 0.3
GATE_ROUNDS = 3


def sampled(frames: Iterable[Frame]) -> list[Frame]:
    """Copies of at most ``2 * SAMPLES`` frames, spread evenly over all."""
    kept: list[Frame] = []
    every = 1
    for index, frame in enumerate(frames):
        if index % every == 0:
            kept.append(frame.copy())
            if len(kept) == 2 * SAMPLES:
                kept, every = kept[::2], 2 * every
    return kept[:: 2 if len(kept) > SAMPLES else 1]


def empty_scene(samples: Sequence[Frame], finder: Finds, settings: ImagesSettings) -> Scene:
    """The scene without people of ``samples`` of a camera that stands still, all of one size.

    Raises ``ImagesError`` where more than 30 % of the picture was never seen empty, or there is
    no frame.
    """
    if not samples:
        raise ImagesError("no frame to make an empty scene of")
    covered = [_mask(one, _regions(one, finder, settings)) for one in samples]
    plate = np.empty_like(samples[0])
    unseen = np.zeros(plate.shape[:2], bool)
    for top in range(0, len(plate), BAND_PX):
        rows = slice(top, top + BAND_PX)
        hidden = np.stack([mask[rows] for mask in covered])
        values = np.stack([one[rows] for one in samples]).astype(np.int16)
        values[hidden] = 999  # sorts behind all that was seen
        values.sort(axis=0)
        count = len(samples) - hidden.sum(axis=0)
        middle = np.maximum(count - 1, 0) // 2
        plate[rows] = np.take_along_axis(values, middle[None, ..., None], axis=0)[0].clip(0, 255)
        unseen[rows] = count < LEAST_EMPTY
    for _ in range(GATE_ROUNDS):
        share = float(unseen.mean())
        if share > MOST_UNSEEN:
            raise ImagesError(
                f"the empty scene: {share:.0%} of the picture was never seen empty (at most "
                f"{MOST_UNSEEN:.0%} is filled in); take redaction blackout, or a longer recording"
            )
        plate = cv2.inpaint(plate, unseen.astype(np.uint8), INPAINT_PX, cv2.INPAINT_TELEA)
        still = _mask(plate, _regions(plate, finder, settings)) & ~unseen
        if not still.any():
            break
        unseen |= still
    else:
        plate[unseen] = 128  # somebody is still seen there: a flat colour shows nobody
    return Scene(plate, unseen)


def _regions(frame: Frame, finder: Finds, settings: ImagesSettings) -> tuple[Region, ...]:
    found = finder.find(frame, 0.0)
    (plan,) = plan_frames([found], frame_size(frame), settings.hiding)
    if found.failed is not None:
        width, height = frame_size(frame)
        return (Region("area", 0, 0, width, height),)
    return plan.regions


def _mask(frame: Frame, regions: Sequence[Region]) -> NDArray[np.bool_]:
    mask = np.zeros(frame.shape[:2], bool)
    for region in regions:
        mask[region.top : region.bottom, region.left : region.right] = True
    return mask
