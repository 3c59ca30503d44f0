# SPDX-License-Identifier: Apache-2.0
"""Make a camera process forget: call ``harden()`` first in ``main``, before any other import.

The allocator is told to overwrite what is freed, so that copies which OpenCV, its decoder, numpy
or the middleware made of a frame vanish when they are freed. That is free of cost; a low
M_MMAP_THRESHOLD adds nothing to it and makes detection a third slower. Core dumps are off
and other processes of the same user cannot read this one's memory. Only the standard library is
imported here, because what was allocated before stays as it was.

It also sets the middleware's transport to UDP unless the environment names one, because the
default shared-memory transport leaves frames in /dev/shm, readable by every user, and forbids
onnxruntime to call home.
"""

import ctypes
import os
import resource
from dataclasses import dataclass

# From malloc.h and sys/prctl.h.
_M_PERTURB = -6
_PR_SET_DUMPABLE = 4
_PERTURB_BYTE = 0x5A


@dataclass(frozen=True)
class HardeningReport:
    """What of the hardening took effect in this process."""

    overwrites_freed_memory: bool
    """glibc overwrites freed memory; False with another C library such as musl."""
    undumpable: bool
    """Neither a core dump nor a debugger of the same user can read this process."""
    no_core_dump: bool
    """The limit on the size of a core dump is 0."""
    middleware_transport: str
    """Value of FASTDDS_BUILTIN_TRANSPORTS."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What did not take effect, in words; empty when all is well."""
        found = []
        if not self.overwrites_freed_memory:
            found.append("freed memory is not overwritten (needs glibc)")
        if not self.undumpable:
            found.append("other processes of this user can read the memory (prctl refused)")
        if not self.no_core_dump:
            found.append("core dumps are not off (setrlimit refused)")
        if self.middleware_transport != "UDPv4":
            found.append(
                "the middleware may leave frames in shared memory "
                f"(FASTDDS_BUILTIN_TRANSPORTS is '{self.middleware_transport}', not 'UDPv4')"
            )
        return tuple(found)


def harden() -> HardeningReport:
    """Harden this process; never raises, the report says what took effect."""
    libc = ctypes.CDLL(None)
    transport = os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4")
    return HardeningReport(
        overwrites_freed_memory=_mallopt(libc, _M_PERTURB, _PERTURB_BYTE),
        undumpable=_undumpable(libc),
        no_core_dump=_no_core_dump(),
        middleware_transport=transport,
    )


def middleware_shared_memory() -> tuple[str, ...]:
    """Files of Fast DDS in /dev/shm that this process has mapped: messages stay readable in them.

    ROS adds that transport by itself where ROS_AUTOMATIC_DISCOVERY_RANGE is LOCALHOST, whatever
    FASTDDS_BUILTIN_TRANSPORTS says; this is what really happened.
    """
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            names = {line.split(maxsplit=5)[5].strip() for line in maps if "/dev/shm/fast" in line}
    except OSError:
        return ()
    return tuple(sorted(names))


def _mallopt(libc: ctypes.CDLL, option: int, value: int) -> bool:
    try:
        return bool(libc.mallopt(option, value) == 1)
    except AttributeError:
        return False


def _undumpable(libc: ctypes.CDLL) -> bool:
    try:
        return bool(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except AttributeError:
        return False


def _no_core_dump() -> bool:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return False
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
