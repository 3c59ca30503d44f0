# SPDX-License-Identifier: Apache-2.0
"""Labels in place of texts: equal texts get equal ones, and nothing tells what they say.

By default the key is drawn for one output and thrown away: nobody can try out afterwards what a
label may stand for, and labels of two outputs, or of two topics of a bag, have nothing in common. A
key that is kept (``text_labels.key_file``) makes labels of several outputs comparable, and whoever
has it can try every name: such outputs are not anonymous.
"""

import secrets
from collections import Counter
from collections.abc import Sequence

import cv2

from privcv_core.errors import KeyFileError
from privcv_core.files.secret_file import read_secret
from privcv_images.hiding.model_bytes import ReaderSettings
from privcv_images.hiding.text_reader import TextReader
from privcv_images.redactions.redaction import OF_PEOPLE, Region
from privcv_perception.detection.detector import Frame

KEY_BYTES = 32
SHOWN_DIGITS = 6
LEAST_HEIGHT_PX = 6


class TextLabels:
    """Labels for the texts of one output. Raises ``ModelError`` and ``KeyFileError``."""

    def __init__(self, settings: ReaderSettings) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        if settings.key_file is not None:
            key = read_secret(settings.key_file)
            if len(key) < KEY_BYTES:
                raise KeyFileError(
                    f"{settings.key_file}: holds {len(key)} bytes; make one of {KEY_BYTES}: "
                    f"head -c {KEY_BYTES} /dev/urandom"
                )
        self._reader = TextReader(settings, key)
        self.frames: Counter[str] = Counter()
        """Label -> in how many frames it was read."""

    def read(self, frame: Frame, regions: Sequence[Region]) -> list[tuple[Region, str]]:
        """The texts of ``regions`` that can be read, in a frame that is not redacted yet.

        Texts on people are not read: a badge tells who they are wherever they go.
        """
        people = [region for region in regions if region.kind in OF_PEOPLE]
        found = []
        for region in regions:
            if region.kind != "text" or region.height < LEAST_HEIGHT_PX:
                continue
            if any(_touch(region, one) for one in people):
                continue
            label = self._reader.label(region.of(frame))
            if label is not None:
                found.append((region, label))
        self.frames.update({label for _, label in found})
        return found

    def content(self) -> dict[str, int]:
        """As the manifest has them, in the order of the labels, which says nothing."""
        return dict(sorted(self.frames.items()))


def draw(frame: Frame, labels: Sequence[tuple[Region, str]]) -> None:
    """Write the first digits of labels where their text was, in a frame that is redacted."""
    for region, label in labels:
        shown = label[:SHOWN_DIGITS]
        (width, height), _ = cv2.getTextSize(shown, cv2.FONT_HERSHEY_PLAIN, 1.0, 1)
        scale = min(region.width / width, region.height / height) * 0.9
        place = region.left + 1, region.bottom - max(region.height // 5, 1)
        part = frame[region.top : region.bottom, region.left : region.right]
        inside = place[0] - region.left, place[1] - region.top
        cv2.putText(part, shown, inside, cv2.FONT_HERSHEY_PLAIN, scale, (200, 200, 200), 1)


def _touch(one: Region, other: Region) -> bool:
    return (
        one.left < other.right and other.left < one.right
        and one.top < other.bottom and other.top < one.bottom
    )  # fmt: skip
