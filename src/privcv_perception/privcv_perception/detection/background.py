# SPDX-License-Identifier: Apache-2.0
"""Background model (background subtraction): the empty scene of a fixed camera, what stands out.

Each pixel has a mean colour and a usual deviation. What deviates more is foreground, unless it
is the same colour only darker: a shadow. Foreground becomes scene where it stays for
``ABSORB_S`` and nobody is there (a moved chair, not a person who stands still), and at once where
it is the ghost of somebody who was part of the first images and left.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.frames.buffers import PixelBuffer

SETTLE_S = 4.0
"""Time constant of a pixel that shows the scene, s."""

FIRST_IMAGES = 30
"""Until this many images the scene is their plain mean, to learn quickly."""

ABSORB_S = 8.0
GUARD_S = 5.0
"""A place where a person was is not absorbed for this long after it was last recognised, s."""

THRESHOLD = 14.0
"""Least deviation of foreground, grey levels of the strongest channel."""

NOISES = 3.5
"""Least deviation of foreground, in usual deviations of its pixel."""

SHADOW_DARKEST = 0.45
SHADOW_TINT = 13.0
"""A shadow keeps at least this share of the light, and differs by fewer grey levels in colour."""

RELIT_LEAST, RELIT_SPREAD = 1.05, 0.25
"""A light that is this many times as bright or more, and within this share the same all over."""

TURNED = 0.7
TURNED_S = 1.0
"""Where more of the image stands out for this long, the camera was moved: learn anew."""

GHOST_EDGE = 0.6
GHOST_IMAGES = 3
GUARDED_GHOST_IMAGES = 10
"""A ghost has its outline in the scene, not in the image: the share of edge strength, and for how
many images, without and with a person reported there."""


def reduced_size(frame_size: tuple[int, int], width_px: int) -> tuple[int, int]:
    """(width, height), px, of a copy of frames of ``frame_size`` at most ``width_px`` wide."""
    width = min(frame_size[0], width_px)
    return width, max(8, round(frame_size[1] * width / frame_size[0]))


class Background:
    """Background model of the empty scene at a reduced size (width, height), px.

    All that holds pixels is allocated once. ``wipe`` overwrites what the last image left;
    the scene itself stays until ``forget``.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        shape = (height, width)
        self._mean = PixelBuffer((*shape, 3), np.float32)
        self._now = PixelBuffer((*shape, 3), np.float32)
        self._work = PixelBuffer((*shape, 3), np.float32)
        self._planes = [PixelBuffer(shape, np.float32) for _ in range(3)]
        self._masks = [PixelBuffer(shape) for _ in range(3)]
        self._noise = np.zeros(shape, np.float32)
        self._age_s = np.zeros(shape, np.float32)
        self._guard_s = np.zeros(shape, np.float32)
        self._ghostly = np.zeros(shape, np.uint8)
        self._seen = 0
        self._last_s = 0.0
        self._turned_s = 0.0

    @property
    def foreground(self) -> NDArray[np.uint8]:
        """What stood out in the last image and is no shadow: 255, else 0; (height, width)."""
        return self._masks[0].array

    def observe(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Compare ``image`` (height, width, 3) with the scene; returns ``foreground``."""
        now, mean, work = self._now.array, self._mean.array, self._work.array
        far, limit, tint = (plane.array for plane in self._planes)
        foreground, outstanding, shadow = (mask.array for mask in self._masks)
        np.copyto(now, image)
        if self._seen == 0:
            np.copyto(mean, now)
            self._noise.fill(THRESHOLD / NOISES)
        else:
            mean *= _exposure(now, mean)
        cv2.absdiff(now, mean, dst=work)
        _strongest(work, far)
        np.multiply(self._noise, NOISES, out=limit)
        np.maximum(limit, THRESHOLD, out=limit)
        cv2.compare(far, limit, cv2.CMP_GT, dst=outstanding)
        self._find_shadows(limit, tint, shadow)
        np.bitwise_not(shadow, out=shadow)
        np.bitwise_and(outstanding, shadow, out=shadow)
        cv2.medianBlur(shadow, 5, dst=foreground)
        return foreground

    def relit(self, rows: slice, columns: slice) -> float:
        """Share of the foreground in an area that is the scene itself in a brighter light.

        A patch of sun multiplies all colours under it by one number; a person's hair, skin and
        clothes have each their own. Of the image last observed.
        """
        there = self.foreground[rows, columns] != 0
        now, mean = self._now.array[rows, columns][there], self._mean.array[rows, columns][there]
        if not len(now):
            return 0.0
        light = (now * mean).sum(axis=1) / np.maximum((mean * mean).sum(axis=1), 1.0)
        usual = float(np.median(light))
        if usual < RELIT_LEAST:
            return 0.0
        tint = np.abs(now - mean * light[:, None]).max(axis=1)
        even = np.abs(light - usual) < RELIT_SPREAD * usual
        return float((even & (tint < SHADOW_TINT)).mean())

    def learn(self, stamp_s: float, people: NDArray[np.uint8]) -> None:
        """Take the image last observed into the scene, but not where ``people`` is not 0."""
        step_s = min(max(stamp_s - self._last_s, 0.0), 1.0) if self._seen else 0.0
        self._last_s, self._seen = stamp_s, self._seen + 1
        share = 1 - math.exp(-step_s / SETTLE_S)
        if self._seen <= FIRST_IMAGES:
            share = max(share, 1 / self._seen)
        far, rate, _ = (plane.array for plane in self._planes)
        outstanding = self._masks[1].array
        scene = outstanding == 0
        self._age_s += step_s
        self._guard_s -= step_s
        self._guard_s[people != 0] = GUARD_S
        guarded = self._guard_s > 0
        self._age_s[scene | guarded] = 0
        ghosts = self._find_ghosts(guarded)
        taken = (self._age_s > ABSORB_S) | ghosts
        np.multiply(scene, np.float32(share), out=rate)
        rate[taken] = 1
        self._turned_s = self._turned_s + step_s if 1 - scene.mean() > TURNED else 0.0
        if self._turned_s > TURNED_S:
            np.maximum(rate, 0.2, out=rate)
        far -= self._noise
        far *= 0.5 * share
        far *= scene | taken
        self._noise += far
        np.subtract(self._now.array, self._mean.array, out=self._work.array)
        self._work.array *= rate[..., None]
        self._mean.array += self._work.array

    def wipe(self) -> None:
        """Overwrite all that shows the last image; the scene stays."""
        for buffer in (self._now, self._work, *self._planes, *self._masks):
            buffer.wipe()

    def forget(self) -> None:
        """Overwrite the scene too; the next image starts anew."""
        self.wipe()
        self._mean.wipe()
        for plane in (self._noise, self._age_s, self._guard_s, self._ghostly):
            plane.fill(0)
        self._seen, self._turned_s = 0, 0.0

    def _find_shadows(
        self, light: NDArray[np.float32], tint: NDArray[np.float32], shadow: NDArray[np.uint8]
    ) -> None:
        """255 where the image is the scene's colour, darkened.

        The share of light that explains a colour best, and the tint that it leaves unexplained
        (Horprasert et al. 1999, without the weights).
        """
        now, mean, work = self._now.array, self._mean.array, self._work.array
        np.multiply(now, mean, out=work)
        cv2.transform(work, _SUM, dst=light)
        np.multiply(mean, mean, out=work)
        cv2.transform(work, _SUM, dst=tint)
        np.maximum(tint, 1.0, out=tint)
        light /= tint
        np.multiply(mean, light[..., None], out=work)
        cv2.absdiff(now, work, dst=work)
        _strongest(work, tint)
        # Two bounds on the light and one on the tint, as one comparison: no mask per bound.
        tint[light < SHADOW_DARKEST] = 255
        tint[light >= 1] = 255
        cv2.compare(tint, SHADOW_TINT, cv2.CMP_LT, dst=shadow)

    def _find_ghosts(self, guarded: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Foreground whose outline is an edge of the scene but no longer of the image."""
        foreground, _, band = (mask.array for mask in self._masks)
        count, labels = cv2.connectedComponents(foreground, connectivity=8)
        if count < 2:
            self._ghostly.fill(0)
            return np.zeros(foreground.shape, bool)
        cv2.morphologyEx(foreground, cv2.MORPH_GRADIENT, _CROSS, dst=band)
        wide = cv2.dilate(labels.astype(np.uint16), _CROSS)
        picked = np.flatnonzero(band)
        of_blob = wide.reshape(-1)[picked]
        strength = [
            np.bincount(of_blob, _edges(pixels, self._planes[2].array)[picked], count)
            for pixels in (self._now.array, self._mean.array)
        ]
        ghost = strength[0] < GHOST_EDGE * strength[1]
        ghost[0] = False
        suspect = ghost[wide]
        self._ghostly[~suspect] = 0
        self._ghostly += suspect & (self._ghostly < 255)
        return self._ghostly >= np.where(guarded, GUARDED_GHOST_IMAGES, GHOST_IMAGES)


_SUM = np.ones((1, 3), np.float32)
_CROSS = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))


def _strongest(colours: NDArray[np.float32], into: NDArray[np.float32]) -> None:
    np.maximum(colours[..., 0], colours[..., 1], out=into)
    np.maximum(into, colours[..., 2], out=into)


def _exposure(now: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gain per channel that the camera's exposure or the light changed by since the scene."""
    sample, scene = now[2::4, 2::4].reshape(-1, 3), mean[2::4, 2::4].reshape(-1, 3)
    gain = np.median(sample / np.maximum(scene, 8), axis=0)
    gain[np.abs(gain - 1) < 0.01] = 1
    return np.clip(gain, 0.8, 1.25).astype(np.float32)


def _edges(pixels: NDArray[np.float32], scratch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Edge strength of every pixel of the green channel, flat."""
    np.copyto(scratch, pixels[..., 1])
    edges: NDArray[np.float32] = cv2.Laplacian(scratch, cv2.CV_32F, ksize=3)
    return np.abs(edges, out=edges).reshape(-1)
