# SPDX-License-Identifier: Apache-2.0
"""Removed settings: keys of 0.1.0 that decide nothing any more."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationInfo

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Removed:
    """A key that was a setting, the value that it has always had since, and why.

    ``constant`` None: whatever it was, nothing that it promised is missing.
    """

    constant: float | None
    why: str


def without_removed(
    content: Any, info: ValidationInfo, section: str, removed: Mapping[str, Removed]
) -> Any:
    """``content`` without the keys that are no settings any more.

    The value that holds now is accepted, with a line that says so; any other would promise what
    is not done: ``ValueError``, naming key and fix.
    """
    if not isinstance(content, dict):
        return content
    for key in [key for key in removed if key in content]:
        constant, why = removed[key].constant, removed[key].why
        if constant is not None and not _is(content[key], constant):
            raise ValueError(
                f"{key}: is always {constant:g}, not {content[key]!r}, since {why}: remove {key}"
            )
        where = (info.context or {}).get("where", "settings")
        now = why if constant is None else f"it is always {constant:g}"
        _log.warning("%s: %s: %s is no longer needed, %s: remove it", where, section, key, now)
    return {key: value for key, value in content.items() if key not in removed}


def _is(value: Any, constant: float) -> bool:
    try:
        return float(value) == constant
    except (TypeError, ValueError):
        return False
