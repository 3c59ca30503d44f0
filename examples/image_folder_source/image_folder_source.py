# SPDX-License-Identifier: Apache-2.0
"""A source of a page: the images of a folder, by name, so many a second."""

from pathlib import Path

import cv2
from pydantic import Field

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_core.settings.model import Settings
from privcv_perception.errors import SourceError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import OnDrop
from privcv_perception.sources.extension import SourceExtension


class ImageFolderSettings(Settings):
    """What stands under ``options`` in the site file."""

    rate_hz: float = Field(10.0, gt=0, le=1000, description="images that were taken a second")
    start_s: int = Field(0, ge=0, description="when the first was taken, s since the epoch")


class ImageFolderSource:
    """Ends after the last image; each is read into the frame and overwritten."""

    def __init__(self, settings: ImageFolderSettings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._files: list[Path] = []
        self._next = 0
        self._is_open = False
        self.size = (0, 0)
        self.dropped = 0
        self.is_over = False
        self.ending = f"{folder}: ended"
        self.on_drop: OnDrop = lambda stamp, why: None

    def open(self) -> None:
        """List the folder; the first image tells the size of all."""
        self._files = sorted(self._folder.glob("*.png")) + sorted(self._folder.glob("*.jpg"))
        if not self._files:
            raise SourceError(f"{self._folder}: holds no .png and no .jpg")
        height, width = self._decode(self._files[0]).shape[:2]
        self.size, self._next, self._is_open = (width, height), 0, True

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """The next image; None after the last."""
        if not self._is_open or self._next >= len(self._files):
            self.is_over = self._next >= len(self._files)
            return None
        index, self._next = self._next, self._next + 1
        image = self._decode(self._files[index])
        if image.shape != into.pixels.shape:
            raise SourceError(f"{self._files[index]}: is not as large as the first image")
        into.pixels[:] = image
        image.fill(0)
        taken_s = self._settings.start_s + index / self._settings.rate_hz
        return FrameStamp(index, round(taken_s * NS_PER_S))

    def interrupt(self) -> None:
        """Have the next ``read`` say that nothing follows."""
        self._is_open = False

    def close(self) -> None:
        """Nothing is kept."""
        self._is_open = False

    def _decode(self, file: Path) -> cv2.typing.MatLike:
        image = cv2.imread(str(file))
        if image is None:
            raise SourceError(f"{file}: is no image")
        return image


def build(settings: ImageFolderSettings, uri: str) -> ImageFolderSource:
    """Called by privcv as the camera's process starts."""
    return ImageFolderSource(settings, Path(uri))


SOURCE = SourceExtension(ImageFolderSettings, build, is_recorded=True)
