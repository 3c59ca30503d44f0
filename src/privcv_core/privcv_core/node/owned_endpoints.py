# SPDX-License-Identifier: Apache-2.0
"""Publishers, subscriptions, timers, services and clients that a lifecycle node has for a time.

What was created in ``configure`` is there until the node is cleaned up, what was created later
until it is deactivated: the node itself destroys neither.
"""

from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode


class OwningNode(LifecycleNode):
    """A lifecycle node that destroys what it created since ``begin_owning``."""

    _owned: list[tuple[Callable[[Any], Any], Any]] | None = None
    _configured = 0  # so many of them are of configure

    def begin_owning(self) -> None:
        """``configure`` begins: what is created from here on is destroyed again."""
        self._owned, self._configured = [], 0

    def all_configured(self) -> None:
        """``configure`` has ended: what is created from here on ends with ``deactivate``."""
        self._configured = len(self._owned or ())

    def destroy_of_activate(self) -> None:
        """Destroy what was created since ``configure``."""
        self._destroy_from(self._configured)

    def destroy_owned(self) -> None:
        """Destroy all that was created since ``configure`` began."""
        self._destroy_from(0)
        self._owned = None

    def create_publisher(self, *arguments: Any, **options: Any) -> Any:
        """As a node does."""
        made = super().create_publisher(*arguments, **options)
        return self._own(self.destroy_publisher, made)

    def create_subscription(self, *arguments: Any, **options: Any) -> Any:
        """As a node does."""
        made = super().create_subscription(*arguments, **options)
        return self._own(self.destroy_subscription, made)

    def create_timer(self, *arguments: Any, **options: Any) -> Any:
        """As a node does."""
        return self._own(self.destroy_timer, super().create_timer(*arguments, **options))

    def create_service(self, *arguments: Any, **options: Any) -> Any:
        """As a node does."""
        return self._own(self.destroy_service, super().create_service(*arguments, **options))

    def create_client(self, *arguments: Any, **options: Any) -> Any:
        """As a node does."""
        return self._own(self.destroy_client, super().create_client(*arguments, **options))

    def _own(self, destroy: Callable[[Any], Any], made: Any) -> Any:
        if self._owned is not None:  # before, it is of the node itself and ends with it
            self._owned.append((destroy, made))
        return made

    def _destroy_from(self, first: int) -> None:
        while self._owned is not None and len(self._owned) > first:
            destroy, made = self._owned.pop()
            destroy(made)  # one that is gone already is none to rclpy
