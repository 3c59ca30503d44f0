# SPDX-License-Identifier: Apache-2.0
"""A button on the desk: presses of a key of an input device, as the kernel tells them (evdev).

The kernel's events are ``struct input_event`` of linux/input.h: two longs of time, then type, code
and value. Any keyboard, foot switch or GPIO key (``gpio-keys``) is such a device. Who may open it
decides udev; who may press it decides who stands there.
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from privcv_compliance.errors import ComplianceError

EVENT = struct.Struct("@llHHi")
EV_KEY, PRESSED = 1, 1  # 0: let go, 2: held, which is no second press
_EVIOCGRAB = 0x40044590  # so that the press is typed nowhere else


class ButtonLost(ComplianceError):
    """The button was unplugged, or cannot be opened."""


@contextmanager
def opened_button(device: Path) -> Iterator[int]:
    """A descriptor of the input device ``device``. Raises ``ButtonLost``."""
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise ButtonLost(f"{device}: cannot be opened: {error.strerror}") from error
    try:
        if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
            raise ButtonLost(f"{device}: is no device; name one of /dev/input")
        with suppress(OSError):
            fcntl.ioctl(descriptor, _EVIOCGRAB, 1)
        yield descriptor
    finally:
        os.close(descriptor)


def presses(descriptor: int, key: int | None = None) -> Iterator[int]:
    """The code of each key that is pressed, as it is pressed; ``key``: of this one only.

    Ends where the device ends; raises ``ButtonLost`` where it was unplugged.
    """
    rest = b""
    while True:
        try:
            read = os.read(descriptor, 64 * EVENT.size)
        except OSError as error:
            if error.errno in (errno.ENODEV, errno.EIO):
                raise ButtonLost("the button was unplugged") from error
            raise ButtonLost(f"the button cannot be read: {error.strerror}") from error
        if not read:
            return
        rest += read
        whole = len(rest) - len(rest) % EVENT.size
        for _, _, kind, code, value in EVENT.iter_unpack(rest[:whole]):
            if kind == EV_KEY and value == PRESSED and key in (None, code):
                yield code
        rest = rest[whole:]
