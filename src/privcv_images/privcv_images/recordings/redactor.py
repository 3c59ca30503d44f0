# SPDX-License-Identifier: Apache-2.0
"""Redactor: what is done to the pixels of one frame, given its plan."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from privcv_core.files.atomic_file import replacing
from privcv_images.errors import ImagesError
from privcv_images.recordings.anonymity import check_anonymity
from privcv_images.recordings.custody import seal
from privcv_images.recordings.manifest import NOT_ANONYMOUS
from privcv_images.recordings.sealed_stream import SealedStream, sealed_beside
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.recordings.text_labels import TextLabels, draw
from privcv_images.redaction_registry import build_redaction
from privcv_images.redactions.p3 import P3
from privcv_images.redactions.redaction import Region
from privcv_images.redactions.scene import Scene
from privcv_perception.camera.privacy_zones import PrivacyZones
from privcv_perception.detection.detector import Frame, frame_size

WITHHELD_GREY = 128


class Redactor:
    """Redactor of frames of one recording, which come in their order.

    Raises ``SettingsError`` and ``ImagesError`` as ``build_redaction`` does.
    """

    def __init__(self, settings: ImagesSettings, scene: Scene | None, *, weak: bool) -> None:
        self.anonymous = check_anonymity(settings, weak=weak)
        self._redaction = build_redaction(settings.redaction, scene, weak=weak, face=settings.face)
        self._areas = settings.areas
        wanted = settings.text_labels
        self.texts = TextLabels(wanted) if wanted is not None else None
        """Labels in place of texts, where they are wanted."""
        self._custodian = settings.redaction.custodian

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Hide ``regions``, and the fixed areas, in ``frame``, in place; label what is weak."""
        labels = self.texts.read(frame, regions) if self.texts is not None else []
        self._redaction.redact(frame, regions, stamp_s)
        if self._areas:
            PrivacyZones(self._areas, *frame_size(frame)).black_out(frame)
        draw(frame, labels)
        if not self.anonymous:
            label(frame)

    @property
    def label_counts(self) -> dict[str, int] | None:
        """In how many frames each label was read; None where none are wanted."""
        return None if self.texts is None else self.texts.content()

    @property
    def secret(self) -> bytes:
        """The secret part of the frame last redacted; empty where it has none."""
        return self._redaction.secret if isinstance(self._redaction, P3) else b""

    @contextlib.contextmanager
    def sealing(self, target: Path) -> Iterator[SealedStream | None]:
        """What takes the secret parts of the frames of ``target``, a new file beside it; None where
        there are none. Raises ``ImagesError`` and ``FileWriteError``."""
        if not isinstance(self._redaction, P3):
            yield None
            return
        beside = sealed_beside(target)
        if beside.exists():
            raise ImagesError(f"{beside}: exists already, and is not overwritten; name another")
        with replacing(beside) as file:
            yield SealedStream(file, self._custodian)

    def sealed(self, picture: bytes) -> bytes | None:
        """The secret part of the frame last redacted, written as ``picture``; None: it has none."""
        if not isinstance(self._redaction, P3) or not self._redaction.secret:
            return None
        return seal(self._redaction.secret, self._custodian, picture)

    def withhold(self, frame: Frame) -> None:
        """Grey in place of a frame that may not be shown where a frame has to be."""
        frame.fill(WITHHELD_GREY)
        if not self.anonymous:
            label(frame)


def label(frame: Frame) -> None:
    """Write on the image that it is not anonymous, so that no copy of it says otherwise."""
    height = max(frame_size(frame)[1] // 24, 8)
    scale = height / 30
    place = (2, height)
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(frame, NOT_ANONYMOUS, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness)
