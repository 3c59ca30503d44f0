# SPDX-License-Identifier: Apache-2.0
"""Device time: ledger time, a clock for payments that no setting of the wall clock moves.

Event time follows the wall clock, which may be set. Whether a visit that has paid may be there
still must not depend on that: ledger time goes on by the time that really passed, and never back.
It is event time plus the offset of the current *era*; where the clock is set, another era begins.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from privcv_core.event_time.running_time import Running, running_time
from privcv_core.protocol.timestamps import NS_PER_S, ns_from_s

TOLERANCE_NS = 10 * NS_PER_S
"""How far the clock may be from the time that really passed before an era is new."""

TOLERATED_NS = 30 * NS_PER_S
"""What is tolerated of a clock in all: at restarts, and by ``TimePolicy`` while it runs."""

AGREE_NS = 30 * NS_PER_S
"""How far behind the clock event time may be, and differ from how far it was: ticks come late."""

SLACK_NS = 10 * NS_PER_S
"""Taken off the time that really passed: ticks arrive late, now more, now less."""


@dataclass(frozen=True)
class Era:
    """A time in which nobody set the clock."""

    number: int = 0
    offset_ns: int = 0  # ledger time less event time
    since_ns: int = 0  # ledger time at which it began

    def ns(self, event_s: float) -> int:
        """Ledger time, ns, of event time ``event_s``, s since the Unix epoch."""
        return max(ns_from_s(event_s) + self.offset_ns, self.since_ns)

    def event_ns(self, ledger_ns: int) -> int:
        """The inverse of ``ns``, in ns."""
        return ledger_ns - self.offset_ns


@dataclass(frozen=True)
class Moment:
    """Where ledger time stood: what a restart goes on from."""

    era: Era
    ledger_ns: int
    running: Running
    lag_ns: int = 0  # how far event time was behind the device's clock
    ahead_ns: int = 0  # by how much the clock was ahead of what passed, in this era, tolerated

    @property
    def event_ns(self) -> int:
        """Event time at that moment."""
        return self.era.event_ns(self.ledger_ns)


FIRST_ERA = Era()
"""That of a replay, and of a clock that was never set: ledger time is event time."""


class DeviceTime:
    """Ledger time of one camera.

    ``moment``: where it stood when the ledger was last written, None: never. ``clock_s``: the
    device's clock, s since the Unix epoch, which the event time of a live camera follows; None in a
    replay, where no clock is ever set and ledger time is event time. ``running``: see
    ``running_time``.
    """

    def __init__(
        self,
        moment: Moment | None = None,
        clock_s: Callable[[], float] | None = None,
        running: Callable[[], Running] = running_time,
    ) -> None:
        self.is_live = clock_s is not None
        """Whether event time follows the clock; not that of a recording played to a live camera."""
        self.current = moment.era if moment and clock_s else FIRST_ERA
        self.moment = moment if clock_s else None
        """Where it stands, to be written with the next release."""
        self._clock_s = clock_s
        self._running = running
        self._is_resumed = False

    @property
    def slack_ns(self) -> int:
        """How far ledger time may be ahead of the time that really passed: small jumps of the clock
        are tolerated. A visit is taken to live longer by this, ns."""
        return 0 if self._clock_s is None else TOLERATED_NS

    @property
    def era(self) -> int:
        """Number of the current era."""
        return self.current.number

    def now_ns(self, event_s: float) -> int:
        """Ledger time, ns, of event time ``event_s``, s, in the current era."""
        return self.current.ns(event_s)

    def resume(self, event_s: float) -> None:
        """Go on after a restart, with the first event time of this run; only the first call counts.

        An era is new unless the clock moved by the time that really passed. How much passed is
        unknown over a reboot: then none is taken to have. Event time that is not the clock's, and
        not as far behind it as it was, is that of a recording, which may have been paid for.
        """
        first, self._is_resumed = not self._is_resumed, True
        if not first or self._clock_s is None or self.moment is None:
            return
        passed_ns = self._passed_ns(self._running())
        off_ns = ns_from_s(event_s) - self.moment.event_ns - passed_ns
        ahead_ns = self.moment.ahead_ns + max(off_ns, 0)  # what is tolerated must not add up
        if off_ns >= -TOLERANCE_NS and ahead_ns <= TOLERANCE_NS:
            self.moment = replace(self.moment, ahead_ns=ahead_ns)
            return
        lag_ns = self._lag_ns(event_s)
        if abs(lag_ns) <= AGREE_NS or abs(lag_ns - self.moment.lag_ns) <= AGREE_NS:
            self._begin(event_s, passed_ns)
        else:
            self.is_live, self.current = False, FIRST_ERA

    def note(self, event_s: float) -> None:
        """Event time has reached ``event_s`` by ticks."""
        if self.is_live:
            ahead_ns = self.moment.ahead_ns if self.moment else 0
            self.moment = Moment(
                self.current,
                self.now_ns(event_s),
                self._running(),
                self._lag_ns(event_s),
                ahead_ns,
            )

    def step(self, event_s: float, monotonic_s: float | None = None) -> None:
        """The clock was set, and event time is ``event_s``: an era begins. Nothing in a replay.

        ``monotonic_s``: now by the clock of ``running``, where it was already read.
        """
        if self._clock_s is None or self.moment is None:
            return
        self._is_resumed = self.is_live = True
        now = self._running()
        if monotonic_s is not None:
            now = Running(now.boot, ns_from_s(monotonic_s))
        self._begin(event_s, self._passed_ns(now))

    def _passed_ns(self, now: Running) -> int:
        assert self.moment is not None
        before = self.moment.running
        same = bool(now.boot) and now.boot == before.boot
        return max(now.at_ns - before.at_ns, 0) if same else 0

    def _lag_ns(self, event_s: float) -> int:
        assert self._clock_s is not None
        return ns_from_s(self._clock_s() - event_s)

    def _begin(self, event_s: float, passed_ns: int) -> None:
        assert self.moment is not None
        since_ns = self.moment.ledger_ns + max(passed_ns - SLACK_NS, 0)
        # After the latest era that was ever written, also where a recording came between.
        number = self.moment.era.number + 1
        self.current = Era(number, since_ns - ns_from_s(event_s), since_ns)
        self.moment = Moment(self.current, since_ns, self._running(), self._lag_ns(event_s))
