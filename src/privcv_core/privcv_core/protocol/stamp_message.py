# SPDX-License-Identifier: Apache-2.0
"""Event time in nanoseconds and ``builtin_interfaces/Time``, the stamp of a message."""

from builtin_interfaces.msg import Time

from privcv_core.protocol.timestamps import NS_PER_S

_FIRST_NS = -(2**31) * NS_PER_S
_LAST_NS = 2**31 * NS_PER_S - 1


def time_message(time_ns: int) -> Time:
    """The stamp of ``time_ns`` since the Unix epoch; a stamp ends in January 2038."""
    return Time(sec=time_ns // NS_PER_S, nanosec=time_ns % NS_PER_S)


def nearest_time_message(time_ns: int) -> Time:
    """As ``time_message``; of a time that no stamp can state, the nearest that one can."""
    return time_message(min(max(time_ns, _FIRST_NS), _LAST_NS))


def time_ns(stamp: Time) -> int:
    """Inverse of ``time_message``: ns since the Unix epoch."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)
