# SPDX-License-Identifier: Apache-2.0
"""Figures that an assessment looks for, and the commands that measure them.

What a command of privcv measured is entered by itself, with its version and the digest of its
output. What somebody typed is said to be stated by the operator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from privcv_compliance.languages.phrase import Phrase, say
from privcv_core.audit.entry import Entry


@dataclass(frozen=True)
class Tool:
    """A command of privcv whose JSON holds a figure."""

    module: str  # with its ``command``
    name: str  # as one types it
    arguments: tuple[str, ...]
    read: Callable[[Any], tuple[float, str]]  # value and unit, of what it printed


@dataclass(frozen=True)
class Figure:
    """What a figure says, and what would measure it."""

    what: str
    how: str
    tool: Tool | None = None


def _relinked(content: Any) -> tuple[float, str]:
    (row,) = [row for row in content["schemes"] if row["scheme"] == "configured"]
    return float(row["relinked_share"]), "share"


def _residue(content: Any) -> tuple[float, str]:
    later = [f for f in content["findings"] if f["protected"] and f["moment"] != "while they play"]
    if not later:
        raise ValueError("no run was protected")
    return sum(float(hit["frames"]) for found in later for hit in found["pixels"]), "frames"


def _accuracy(content: Any) -> tuple[float, str]:
    (row,) = content  # one epsilon
    return float(row["occupancy_accuracy"]), f"share at epsilon {row['epsilon']:g}"


FIGURES = {
    "relink_rate": Figure(
        "People whose new identity an attacker linked to the old one",
        "privcv redteam link",
        Tool("privcv_privacy.cli.redteam_link", "redteam link", ("--json",), _relinked),
    ),
    "membership_advantage": Figure(
        "Advantage of an attacker who guesses from reports whether somebody was there",
        say("bounded by epsilon above"),
    ),
    "residue_frames": Figure(
        "Frames' worth of pixels found in the memory of a camera process after use",
        "privcv audit residue",
        Tool("privcv_perception.cli.audit_residue", "audit residue", ("--json",), _residue),
    ),
    "gate_stop_s": Figure(
        "Time from a withdrawal until the camera stopped looking, s",
        "python test/benchmarks/gate.py",
    ),
    "count_accuracy": Figure(
        "Accuracy of the released totals against the truth",
        "privcv evaluate privacy",
        Tool("privcv_privacy.cli.evaluate_privacy", "evaluate privacy", (), _accuracy),
    ),
}
"""Name in the audit log -> figure."""


def stated(entry: Entry) -> Phrase:
    """Value and unit of a figure, and by whom: a tool of privcv, or the operator."""
    facts = entry.facts
    value = f"{facts.get('value')} {facts.get('unit') or ''}".rstrip()
    how, day, version = facts.get("command"), entry.time[:10], facts.get("version")
    if version:
        return say(
            "{value} (measured {day} by privcv {version} with '{how}')",
            value=value,
            day=day,
            version=version,
            how=how,
        )
    return say(
        "{value} (stated by the operator on {day}, with '{how}')", value=value, day=day, how=how
    )
