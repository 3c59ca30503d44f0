# SPDX-License-Identifier: Apache-2.0
"""Restoration of a P3 video by its custodian: each frame from its public and its secret part."""

from pathlib import Path

import cv2

from privcv_across.sealing.hpke import HpkeKey
from privcv_core.files.input_file import digest_input, open_input
from privcv_images.errors import ImagesError
from privcv_images.recordings.sealed_stream import SealedReader, sealed_beside
from privcv_images.recordings.video_file import (
    CODECS,
    frame_place,
    frames_of,
    new_video,
    open_writer,
)
from privcv_images.redactions.p3 import restore


def restore_video(source: Path, target: Path, key: HpkeKey) -> int:
    """Write ``source`` as it was, at the quality that was kept, to the new video ``target``.

    Returns how many frames it has. Raises ``ImagesError``.
    """
    if target.suffix.lower() not in CODECS:
        raise ImagesError(f"{target}: name a video that ends with one of {', '.join(CODECS)}")
    if target.exists():
        raise ImagesError(f"{target}: exists already, and is not overwritten; name another")
    beside = sealed_beside(source)
    writer: cv2.VideoWriter | None = None
    count = 0
    try:
        file = open_input(beside)
    except OSError as error:
        raise ImagesError(f"{beside}: cannot be read: {error.strerror}") from error
    with file, new_video(target) as unfinished:
        reader = SealedReader(file, key, str(beside))
        for stamp, frame in frames_of(source):
            if frame is None:
                raise ImagesError(f"{source}: frame {stamp.index} cannot be decoded; it is damaged")
            writer = writer or open_writer(unfinished, source, frame)
            if secret := reader.next(frame_place(count)):
                restore(frame, secret)
            writer.write(frame)
            count += 1
        if writer is None:
            raise ImagesError(f"{source}: holds no frame that can be decoded")
        reader.end(digest_input(source).encode())
        writer.release()
    return count
