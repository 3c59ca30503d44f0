# SPDX-License-Identifier: Apache-2.0
"""Cells of a task in the words of a site: ``hall`` is whoever was in that zone, ``hall/standing``
and ``hall/walking`` those of them that did so, ``hall/x_plus`` those that headed there."""

from collections.abc import Sequence

from privcv_across.errors import ParameterError

BIN_NAMES = {
    "": (0, 1, 2, 3, 4),
    "standing": (0,),
    "walking": (1, 2, 3, 4),
    "x_plus": (1,),
    "y_plus": (2,),
    "x_minus": (3,),
    "y_minus": (4,),
}
"""Of each name behind the zone's, the bins of ``privcv_privacy.histogram`` that count in it."""


def read_cells(cells: Sequence[str]) -> dict[str, dict[int, int]]:
    """By zone and bin, the number of the one cell that counts it.

    Raises ``ParameterError`` for a cell that is none, and for two that count the same stay: a visit
    would count in more cells than its votes.
    """
    found: dict[str, dict[int, int]] = {}
    for number, cell in enumerate(cells):
        zone, _, name = cell.partition("/")
        if name not in BIN_NAMES or cell.endswith("/"):
            known = ", ".join(one for one in BIN_NAMES if one)
            raise ParameterError(f"cells: '{cell}' is a zone, and behind / none of {known}")
        bins = found.setdefault(zone, {})
        for one in BIN_NAMES[name]:
            if one in bins:
                raise ParameterError(f"cells: '{cell}' and '{cells[bins[one]]}' count the same")
            bins[one] = number
    return found
