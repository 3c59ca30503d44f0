# SPDX-License-Identifier: Apache-2.0
"""Entry points (plugins): what another package adds to privcv, found by name and never otherwise.

A package adds a detector in its ``pyproject.toml``::

    [project.entry-points."privcv.detectors"]
    acme = "acme_detector:DETECTOR"

Nothing is loaded to look what there is: only a name that the site file gives is, and then its
distribution and version stand in the audit log. Mechanisms of noise have no door.
"""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from privcv_core.errors import SettingsError

Door = Literal["detectors", "trackers", "sources", "transports", "redactions", "commands"]


@dataclass(frozen=True)
class Extension:
    """Something of another package. ``name``: in that door; ``version``: of the distribution."""

    door: Door
    name: str
    distribution: str
    version: str
    content: Any


def names_of(door: Door) -> tuple[str, ...]:
    """The names that installed packages add, sorted; none of their code is loaded."""
    return tuple(sorted({one.name for one in _entries(door)}))


def find(door: Door, name: str) -> EntryPoint:
    """The one entry point of that name. Raises ``SettingsError`` where there is none, or two."""
    found = {(one.value, _distribution(one)): one for one in _entries(door) if one.name == name}
    if not found:
        there = ", ".join(names_of(door)) or "none"
        raise SettingsError(
            f"'{name}': no installed package adds it; those that are added: {there}. Install the "
            f"package into this environment; it has an entry point in the group '{_group(door)}'"
        )
    if len(found) > 1:
        packages = ", ".join(sorted(f"{package}" for _, package in found))
        raise SettingsError(f"'{name}': added by {packages}: remove all but one of them")
    (entry,) = found.values()
    return entry


def load(door: Door, name: str, kind: type[Any] | None = None) -> Extension:
    """Load what has that name. Raises ``SettingsError`` where that fails or is no ``kind``."""
    entry = find(door, name)
    package = _distribution(entry)
    try:
        content = entry.load()
    except Exception as error:
        raise SettingsError(
            f"'{name}' of {package} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if kind is not None and not isinstance(content, kind):
        raise SettingsError(
            f"'{name}' of {package}: {entry.value} is a {type(content).__name__}, not a "
            f"{kind.__module__}.{kind.__name__}"
        )
    distribution, _, version = package.rpartition(" ")
    return Extension(door, name, distribution, version, content)


def _entries(door: Door) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=_group(door)))


def _group(door: Door) -> str:
    return f"privcv.{door}"


def _distribution(entry: EntryPoint) -> str:
    """Name and version of the distribution that an entry point is of."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "? ?"
