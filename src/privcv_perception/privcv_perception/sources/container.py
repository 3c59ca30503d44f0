# SPDX-License-Identifier: Apache-2.0
"""Whether a video file is as long as it says: by its own sizes in bytes, never by a frame count.

How many frames a container holds is a guess in half of the formats, and wrong wherever a clip was
cut; how many bytes its parts take is exact.
"""

from pathlib import Path
from typing import IO

from privcv_core.files.input_file import open_input

_LARGE_SIZE = 1
_UNKNOWN_SIZE = 0


def is_truncated(path: Path) -> bool:
    """Whether ``path`` (AVI, MP4, QuickTime) ends before a part of it does; else False.

    False too for formats that state no sizes, and where the file cannot be read.
    """
    try:
        length = path.stat().st_size
        with open_input(path) as file:
            head = file.read(12)
            if head[:4] == b"RIFF":
                return _riff_end(file) > length
            if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
                return _boxes_end(file, length) > length
    except OSError:
        return False
    return False


def _riff_end(file: IO[bytes]) -> int:
    """Where the first RIFF chunk says that it ends; 0 where its writer never came to say it."""
    file.seek(4)
    size = int.from_bytes(file.read(4), "little")
    return 8 + size if size not in (_UNKNOWN_SIZE, 0xFFFFFFFF) else 0


def _boxes_end(file: IO[bytes], length: int) -> int:
    """Where the last box of the top level that begins in the file says that it ends."""
    place = 0
    while place + 8 <= length:
        file.seek(place)
        size = int.from_bytes(file.read(4), "big")
        file.read(4)
        if size == _LARGE_SIZE:
            size = int.from_bytes(file.read(8), "big")
        if size < 8:  # 0: to the end of the file
            return length
        place += size
    return place
