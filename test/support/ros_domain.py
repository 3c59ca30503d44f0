# SPDX-License-Identifier: Apache-2.0
"""A ROS domain that nobody else on this machine uses, for as long as it is held.

Two pytest runs, and two workers of one run, must not hear each other, nor a robot that happens to
be reached from here. Domain 0 is where everybody is who chose none, so that it is never lent.
"""

import random
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

LAST_DOMAIN = 101
"""Above it the ports of a domain reach into those that Linux gives to anybody (32768 and on)."""


@contextmanager
def held_domain() -> Iterator[int]:
    """Hold a free ROS domain from 1 to ``LAST_DOMAIN``: for a ``with`` block, or the process.

    The lock is a socket with an abstract name: the kernel drops it with the process, it leaves no
    file, and it is seen from where the ports of the domain are seen, which is the network
    namespace. Raises ``RuntimeError`` where all domains are taken.
    """
    with closing(_lock_of_a_free_domain()) as lock:
        yield int(lock.getsockname().rpartition(b"-")[2])


def _lock_of_a_free_domain() -> socket.socket:
    for number in random.sample(range(1, LAST_DOMAIN + 1), LAST_DOMAIN):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with suppress(OSError):  # somebody has it
            lock.bind(f"\0privcv-ros-domain-{number}")
            if not _has_participants(number):
                return lock
        lock.close()
    raise RuntimeError(f"all ROS domains from 1 to {LAST_DOMAIN} are in use on this machine")


def _has_participants(number: int) -> bool:
    """Whether a DDS participant listens where each of the domain does (DDSI-RTPS 9.6.1.1)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", 7400 + 250 * number))
        except OSError:
            return True
    return False
