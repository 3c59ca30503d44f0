# SPDX-License-Identifier: Apache-2.0
"""Who gives way where there are too many: somebody of whom there are most."""

from typing import Generic, TypeVar

M = TypeVar("M")


class Crowd(Generic[M]):
    """Members of groups, in the order in which they came; each step takes the same short time."""

    def __init__(self) -> None:
        self._members: dict[str, dict[M, None]] = {}
        self._idle: dict[str, dict[M, None]] = {}
        self._of_size: dict[int, dict[str, None]] = {}
        self._largest = 0

    def add(self, group: str, member: M) -> None:
        """``member`` of ``group`` came."""
        members = self._members.setdefault(group, {})
        members[member] = None
        self._resize(group, len(members) - 1, len(members))

    def remove(self, group: str, member: M) -> None:
        """``member`` went."""
        self.set_busy(group, member)
        members = self._members.get(group, {})
        if member not in members:
            return
        del members[member]
        self._resize(group, len(members) + 1, len(members))
        if not members:
            del self._members[group]

    def set_idle(self, group: str, member: M) -> None:
        """``member`` waits from now on: among the idle the one that waited longest goes first."""
        self._idle.setdefault(group, {})[member] = None

    def set_busy(self, group: str, member: M) -> None:
        """``member`` waits no longer."""
        idle = self._idle.get(group, {})
        idle.pop(member, None)
        if not idle:
            self._idle.pop(group, None)

    def to_give_way(self) -> M | None:
        """The one who waited longest, or else came first, of the largest group.

        Where no group has two, the one who waited longest of all; ``None`` where nobody waits.
        """
        if self._largest < 2:
            return next((next(iter(idle)) for idle in self._idle.values()), None)
        group = next(iter(self._of_size[self._largest]))
        return next(iter(self._idle.get(group) or self._members[group]))

    def _resize(self, group: str, before: int, after: int) -> None:
        same = self._of_size.get(before, {})
        same.pop(group, None)
        if not same:
            self._of_size.pop(before, None)
        if after:
            self._of_size.setdefault(after, {})[group] = None
        self._largest = max(self._largest, after)
        while self._largest and self._largest not in self._of_size:
            self._largest -= 1
