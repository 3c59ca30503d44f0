# SPDX-License-Identifier: Apache-2.0
"""Text recognizer (PP-OCRv4, CTC) that tells whether two labels say the same, and never what.

Each class of the network is a character; of each only the bytes are known that it counts as, folded
(NFKC, no case, no spaces or punctuation), so that no text is ever put together. The bytes of a line
go into an HMAC-SHA256 and are overwritten, with the network's own output.
"""

import hmac
import unicodedata

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.model_bytes import ReaderSettings, pinned_model
from privcv_perception.detection.detector import Frame
from privcv_perception.detection.onnx.session import open_session
from privcv_perception.errors import ModelError

HEIGHT_PX = 48
LEAST_WIDTH_PX, MOST_WIDTH_PX = 48, 1536
BLANK = 0
LEAST_CHARACTERS = 2
"""One character is a speck as often as it is a text."""

TAG_BYTES = 8
CONTEXT = b"privcv text label v1\n"


class TextReader:
    """Text recognizer of the model that ``settings`` name; labels depend on ``key``.

    Raises ``ModelError``.
    """

    def __init__(self, settings: ReaderSettings, key: bytes) -> None:
        file = pinned_model(settings, "reader")
        self._session = open_session(file.content, ["cpu"], 1, str(file.path))
        self._score, self._key = settings.score, key
        characters = self._session.get_modelmeta().custom_metadata_map.get("character", "")
        self._folded = [b"", *map(_folded, characters.splitlines()), b""]
        if len(self._folded) < 3:
            raise ModelError(f"{file.path}: does not say which characters it reads ('character')")

    def label(self, line: Frame) -> str | None:
        """What stands for the text of ``line``, (h, w, 3) BGR: 16 hex digits; None: unreadable."""
        height, width = line.shape[:2]
        wide = min(max(round(width * HEIGHT_PX / height), LEAST_WIDTH_PX), MOST_WIDTH_PX)
        image = cv2.resize(line, (wide, HEIGHT_PX)).astype(np.float32)
        blob = (image / np.float32(127.5) - 1).transpose(2, 0, 1)[None]
        (chances,) = self._session.run(None, {"x": np.ascontiguousarray(blob)})
        try:
            return self._tag(chances[0])
        finally:
            chances.fill(0)
            image.fill(0)
            blob.fill(0)

    def _tag(self, chances: NDArray[np.float32]) -> str | None:
        best, sure = chances.argmax(axis=1), chances.max(axis=1)
        read = best != BLANK
        begins = read & (best != np.concatenate(([BLANK], best[:-1])))
        sure_enough = bool(read.any()) and float(sure[read].mean()) >= self._score
        text = bytearray()
        characters = 0
        try:
            if sure_enough:
                for index in np.flatnonzero(begins):
                    folded = self._folded[best[index]]
                    text += folded
                    characters += bool(folded)
            if characters < LEAST_CHARACTERS:
                return None
            mac = hmac.new(self._key, CONTEXT, "sha256")
            mac.update(text)
            return mac.digest()[:TAG_BYTES].hex()
        finally:
            text[:] = bytes(len(text))
            best.fill(0)


def _folded(character: str) -> bytes:
    """What a character counts as; nothing for spaces and punctuation, which are read or not."""
    plain = unicodedata.normalize("NFKC", character).casefold()
    return "".join(one for one in plain if one.isalnum()).encode()
