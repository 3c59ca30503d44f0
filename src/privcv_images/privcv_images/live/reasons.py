# SPDX-License-Identifier: Apache-2.0
"""Why a live image is not published, in words for /diagnostics."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from privcv_images.hiding.found import Reason

LiveReason = (
    Reason
    | Literal[
        "late",
        "time",
        "size",
        "begun",
        "full",
        "scene",
        "redaction",
        "closed",
        "encoding",
        "stopped",
    ]
)

OF_PEOPLE: frozenset[LiveReason] = frozenset({"ended", "began", "gap", "face"})
"""Whether these occur depends on who is in view: they are counted together."""

IN_WORDS: dict[LiveReason, str] = {
    "detector": "at which a detector failed",
    "undecodable": "that cannot be read",
    "encoding": "in an encoding that is not redacted",
    "late": "not newer than the one before",
    "time": "beside a gap or a jump in time",
    "size": "beside a change of size",
    "begun": "in the first moments, before which nothing is known",
    "full": "for which there was no room",
    "scene": "before there was an empty scene",
    "redaction": "at which the redaction failed",
    "closed": "while the gate was closed",
    "stopped": "that waited as the node stopped",
}
MISSED = "in which somebody may have been missed"


def figures(withheld: Mapping[LiveReason, int]) -> dict[str, int]:
    """Words to how many images were not published because of it, in a fixed order."""
    counts = Counter[str]()
    for reason, count in withheld.items():
        counts[IN_WORDS.get(reason, MISSED)] += count
    words = (*IN_WORDS.values(), MISSED)
    return {f"images withheld {one}": counts[one] for one in words if counts[one]}
