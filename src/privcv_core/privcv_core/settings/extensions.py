# SPDX-License-Identifier: Apache-2.0
"""Settings that choose by ``kind``: ours, or what an installed package adds under that name."""

from collections.abc import Mapping, Sequence
from typing import Any

from privcv_core.doors import Door, find
from privcv_core.errors import SettingsError

KIND = r"^[a-z][a-z0-9_-]*$"
"""A name of a kind: of ours, or of an entry point."""


def check_kind(door: Door, kind: str, ours: Sequence[str], options: Mapping[str, Any]) -> None:
    """Raise ``ValueError``, for pydantic, where ``kind`` is neither, or ``options`` are of none."""
    if kind in ours:
        if options:
            raise ValueError(f"options: are those of a package's kind, and '{kind}' is ours")
        return
    try:
        find(door, kind)
    except SettingsError as error:
        raise ValueError(f"kind: is none of {', '.join(ours)}; {error}") from error
