# SPDX-License-Identifier: Apache-2.0
"""A second writing of what pages say of a report, for tests to compare."""

import math
from typing import Any

IN_WORDS = {
    "few": "few (fewer than about 5)",
    "not_observed": "not observed",
    "budget_spent": "hidden: the privacy budget is spent",
    "nothing_arrived": "no report arrived",
}


def in_words(report: dict[str, Any] | None) -> list[str]:
    """Low, high, value and state: ends outwards, values to whole people."""
    if report is None:
        return ["", "", "", "no report arrived"]
    if report["state"] != "published":
        return ["", "", "", IN_WORDS[report["state"]]]
    low, high = math.floor(report["low"]), math.ceil(report["high"])
    middle = math.floor(report["value"] + 0.5)
    return [str(low), str(high), str(middle), f"{low} to {high}"]
