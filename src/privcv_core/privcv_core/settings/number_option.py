# SPDX-License-Identifier: Apache-2.0
"""Numbers on the command line: finite, in a range, and what is not is one line."""

import math
from typing import Any

import click

from privcv_core.errors import SettingsError


class Number(click.ParamType):  # type: ignore[type-arg]
    """Number of at least ``low`` (``above``: more than it) and at most ``high``.

    ``whole``: without a fraction. What is none (nan, inf, words) is a ``SettingsError``, which
    click's own types are not: they let nan pass every range.
    """

    name = "number"

    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        *,
        above: float | None = None,
        whole: bool = False,
    ) -> None:
        self._low, self._high, self._above, self._whole = low, high, above, whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = self._parsed(value)
        if number is None or not self._allows(number):
            name = param.opts[0] if param is not None and param.opts else "a number"
            shown = str(value).encode(errors="backslashreplace").decode()[:40]
            raise SettingsError(f"{name} {shown}: must be {self._words()}")
        return number

    def _parsed(self, value: Any) -> float | int | None:
        try:
            if self._whole:
                return int(str(value)) if len(str(value)) <= 20 else None
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def _allows(self, number: float) -> bool:
        return not (
            (self._low is not None and number < self._low)
            or (self._above is not None and number <= self._above)
            or (self._high is not None and number > self._high)
        )

    def _words(self) -> str:
        kind = "a whole number" if self._whole else "a number"
        bounds = []
        if self._low is not None:
            bounds.append(f"of at least {self._low:g}")
        if self._above is not None:
            bounds.append(f"above {self._above:g}")
        if self._high is not None:
            bounds.append(f"of at most {self._high:g}")
        return " ".join([kind, " and ".join(bounds)]).strip()
