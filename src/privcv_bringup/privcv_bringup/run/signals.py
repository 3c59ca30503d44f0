# SPDX-License-Identifier: Apache-2.0
"""Signals that end a command: SIGINT, SIGTERM and SIGHUP, in whatever it is doing.

A command that only computes is interrupted where it is, as by Ctrl-C. One that runs a graph stops
it in order. Both end with 128 + the signal, within seconds.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDS_WITHIN_S = 4.5
"""A command that was interrupted and goes on, in some library, is ended after so long, s."""


class Interrupted(BaseException):
    """A signal came; like ``KeyboardInterrupt``, no handler of errors is to catch it.

    That one, raised within ``exec`` as dataclasses do it while they are imported, has Python end
    itself by SIGINT later on, whatever was done about it.
    """


class Interruption:
    """The signal that came, if one did; ``status`` is that of a shell then."""

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def status(self) -> int:
        """128 + the signal; as by Ctrl-C where none is known."""
        return 128 + (self.number or signal.SIGINT)

    def take(self, number: int) -> None:
        """Note the signal, and see to it that the process ends."""
        self.number = number
        end = threading.Timer(ENDS_WITHIN_S, os._exit, (self.status,))
        end.daemon = True
        end.start()


def ending_signals() -> list[signal.Signals]:
    """Those that end a command; SIGHUP not where ``nohup`` has it ignored."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def interrupt_on_signals() -> Interruption:
    """Have the first of the signals raise ``Interrupted`` in the main thread from now on."""
    interruption = Interruption()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if interruption.number is not None:
            return  # it is ending: who presses Ctrl-C again must not break what cleans up
        interruption.take(number)
        raise Interrupted

    for number in ending_signals():
        signal.signal(number, interrupt)
    return interruption


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[Interruption]:
    """Within: each of the signals calls ``stop`` on the running event loop instead.

    It goes around whatever has threads of its own: an exception while they are joined would leave
    them to the end of the interpreter, which a thread of the middleware crashes.
    """
    loop = asyncio.get_running_loop()
    interruption = Interruption()

    def take(number: int) -> None:
        interruption.number = interruption.number or number
        stop()

    numbers = ending_signals()
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        loop.add_signal_handler(number, take, number)
    try:
        yield interruption
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
