# SPDX-License-Identifier: Apache-2.0
"""What a release is, what the aggregation needs of a ledger, and a ledger in memory.

What a release costs is a ``Charge``; how charges add up is said in ``composition.py``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from privcv_core.event_time.running_time import Running, running_time
from privcv_core.protocol import release as schema
from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.secure_release import SecureRelease, read_any_release
from privcv_privacy.budget.charge import Charge, by_camera, camera_of
from privcv_privacy.budget.composition import booked
from privcv_privacy.budget.device_time import DeviceTime, Moment
from privcv_privacy.budget.joint_pools import latest, paid_together
from privcv_privacy.settings import Unit

__all__ = ["Charge", "LedgerProtocol", "MemoryLedger", "Release", "Render"]

Render = Callable[[int, bool], bytes]
"""``render(sequence, affordable)`` makes the payload; the only place where noise is drawn."""


@dataclass(frozen=True)
class Release:
    """What the ledger holds under one key, for ever."""

    sequence: int  # from 1, without gaps
    payload: bytes  # canonical JSON: the bytes that leave the device; empty once pruned
    fresh: bool  # False: it was released before and these are the bytes of that time
    affordable: bool  # False: the budget did not allow it and the payload says so
    # What the payload was made of, where it was made in this process and was not read from a file.
    content: schema.Release | SecureRelease | None = field(default=None, compare=False, repr=False)
    epsilon: float = field(default=0.0, compare=False)  # of sealed shares, likewise: what they cost

    def read_any(self) -> schema.Release | SecureRelease:
        """What it says, of whatever kind; its payload is parsed only where it was made by an
        earlier process.

        Raises ``ReleaseError``.
        """
        return read_any_release(self.payload) if self.content is None else self.content

    def read(self) -> schema.Release:
        """The reports that it says; raises ``ReleaseError``, also for sealed shares."""
        content = self.read_any()
        if isinstance(content, SecureRelease):
            raise ReleaseError(f"release {self.sequence}: is sealed")
        return content


class LedgerProtocol(Protocol):
    """What the aggregation needs from a ledger."""

    def release(
        self,
        key: str,
        charges: Sequence[Charge],
        render: Render,
        costs: Mapping[str, float] = MappingProxyType({}),
    ) -> Release:
        """Commit the release ``key``: once, paid for, and never drawn again.

        A known key returns its stored bytes without calling ``render``. All ``charges`` are booked,
        or none is; those of a release with ``costs`` are of one camera. ``costs`` is epsilon by
        zone, booked for display only. Raises ``LedgerError`` when nothing could be committed.
        """

    def join(self, floor: str, cameras: Collection[str]) -> None:
        """The ``cameras`` count together from now on, under the name ``floor``.

        Whoever is under one of them pays there, and what they paid elsewhere counts. Call it before
        ``device_time`` of the floor. Raises ``LedgerError``.
        """

    def keep(self, name: str, value: str) -> None:
        """Keep ``value`` for a restart. Within ``render``: with the release, or not at all.

        Only what may be told: noisy values, never true ones. Raises ``LedgerError``.
        """

    def kept(self, name: str) -> str | None:
        """What ``keep`` was given last for ``name``; None: nothing."""

    def device_time(self, camera: str, clock_s: Callable[[], float] | None) -> DeviceTime:
        """Ledger time of a camera, which every release of it writes down too.

        ``clock_s``: see ``DeviceTime``.
        """


class MemoryLedger:
    """A ledger that forgets when its process ends: for measurements and tests, never for a site.

    ``running``: see ``DeviceTime``.
    """

    def __init__(self, running: Callable[[], Running] = running_time) -> None:
        self.releases: dict[str, Release] = {}
        self.cohorts: dict[str, dict[str, Charge]] = {}  # by scope and cohort
        self._times: dict[str, DeviceTime] = {}
        self._moments: dict[str, Moment | None] = {}
        self._running = running
        self._floors: dict[str, frozenset[str]] = {}
        self._kept: dict[str, str] = {}
        self._making: dict[str, str] | None = None  # kept with the release that is being made

    def release(
        self,
        key: str,
        charges: Sequence[Charge],
        render: Render,
        costs: Mapping[str, float] = MappingProxyType({}),
    ) -> Release:
        """See ``LedgerProtocol``."""
        stored = self.releases.get(key)
        if stored is not None:
            return replace(stored, fresh=False)
        entries = self._booked(charges)
        self._making = {}
        try:
            payload = render(len(self.releases) + 1, entries is not None)
            self._kept.update(self._making)
        finally:
            self._making = None
        for entry in entries or ():
            self.cohorts.setdefault(entry.scope, {})[entry.cohort] = entry
        release = Release(len(self.releases) + 1, payload, True, entries is not None)
        self.releases[key] = release
        for camera in {camera_of(key), *by_camera(charges)}:
            if camera in self._times and self._times[camera].moment is not None:
                self._moments[camera] = self._times[camera].moment
        return release

    def _booked(self, charges: Sequence[Charge]) -> list[Charge] | None:
        entries: list[Charge] = []
        for camera, own in by_camera(charges).items():
            after = booked(own, _Memory(self.cohorts, paid_together(camera, self._floors)))
            if after is None:
                return None
            entries += after
        return entries

    def join(self, floor: str, cameras: Collection[str]) -> None:
        """See ``LedgerProtocol``."""
        self._floors[floor] = self._floors.get(floor, frozenset()) | set(cameras)

    def keep(self, name: str, value: str) -> None:
        """See ``LedgerProtocol``."""
        (self._kept if self._making is None else self._making)[name] = value

    def kept(self, name: str) -> str | None:
        """See ``LedgerProtocol``."""
        return (self._making or {}).get(name, self._kept.get(name))

    def device_time(self, camera: str, clock_s: Callable[[], float] | None) -> DeviceTime:
        """See ``LedgerProtocol``."""
        moments = [self._moments.get(one) for one in paid_together(camera, self._floors)]
        self._times[camera] = DeviceTime(latest(moments), clock_s, self._running)
        return self._times[camera]


@dataclass(frozen=True)
class _Memory:
    """The entries of some cameras, for ``composition.Paid``."""

    cohorts: Mapping[str, Mapping[str, Charge]]
    cameras: Collection[str]

    def between(self, after_ns: int, before_ns: int, unit: Unit | None = None) -> list[Charge]:
        return [
            one
            for scope, cohorts in self.cohorts.items()
            if camera_of(scope) in self.cameras
            for one in cohorts.values()
            if one.until_ns > after_ns and one.from_ns < before_ns and unit in (None, one.unit)
        ]

    def entry(self, scope: str, cohort: str) -> Charge | None:
        return self.cohorts.get(scope, {}).get(cohort)
