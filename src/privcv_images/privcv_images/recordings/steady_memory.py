# SPDX-License-Identifier: Apache-2.0
"""Memory of a process that reads frames for hours: what is freed goes back, and is overwritten.

The C library keeps what is freed below a threshold that it raises by itself; small arrays that stay
then pin large ones that do not, 2 MB a frame at 768x576. With a threshold that stays, every frame
is a mapping of its own.
"""

import ctypes

from privcv_perception.frames.hardening import harden

_M_MMAP_THRESHOLD = -3
_MAPPED_FROM_BYTES = 1 << 16


def keep_memory_steady() -> None:
    """Do so for this process, and ``harden`` it: no core dump holds a frame. Never raises."""
    harden()
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
    except AttributeError:  # another C library, with other ways
        return
