# SPDX-License-Identifier: Apache-2.0
"""Nothing in the product claims more than its documents: no word for what nobody can promise."""

import re
from pathlib import Path

import click
import pytest

from privcv_bringup.cli import root
from privcv_compliance.exports.export import EXPORTS
from privcv_compliance.exports.standards import POINTS

ROOT = Path(__file__).resolve().parents[1]

TOO_MUCH = {
    "conformity": r"gdpr[- ]compliant|dsgvo[- ]konform|privacy[- ]compliant|fully compliant",
    "certification": r"\bis certified\b|gdpr[- ]certif|privacy seal",
    "anonymity without doubt": (
        r"(completely|fully|100 ?%|perfectly|truly|absolutely|vollständig|völlig) anonym"
    ),
    "no personal data": (
        r"(processes|process|handles|collects|collect|uses|use) no personal data"
        r"|keine personenbezogenen daten"
    ),
    "impossible": (
        r"cannot be re-?identified|impossible to (re-?)?identify|nicht re-?identifizierbar"
    ),
    "tracks that are anonymous": r"\banonymous tracks?\b",
    "guarantees": r"guarantees? (your |people's )?(privacy|anonymity)|garantiert anonym",
}

TEXTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "src").glob("*/privcv_*/**/*.py")),
    *sorted((ROOT / "src").glob("*/privcv_*/**/*.js")),
    *sorted((ROOT / "src").glob("*/privcv_*/**/*.html")),
    *sorted((ROOT / "config").rglob("*.yaml")),
]


@pytest.mark.parametrize("what", TOO_MUCH)
def test_nothing_claims(what: str) -> None:
    pattern = re.compile(TOO_MUCH[what], re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in TEXTS
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert len(TEXTS) > 100


@pytest.mark.parametrize(
    ("what", "claim"),
    [
        ("conformity", "privcv is GDPR-compliant"),
        ("certification", "the device is certified"),
        ("anonymity without doubt", "The totals are completely anonymous."),
        ("no personal data", "It processes no personal data."),
        ("impossible", "people cannot be reidentified"),
        ("tracks that are anonymous", "It sends anonymous tracks."),
        ("guarantees", "It guarantees privacy."),
    ],
)
def test_a_claim_that_is_planted_is_found(what: str, claim: str) -> None:
    assert re.search(TOO_MUCH[what], claim, re.IGNORECASE)


def test_whoever_follows_the_mapping_of_standards_finds_a_command() -> None:
    """It says which command answers a point of a standard: each is one, with this name."""
    assert len({standard for standard, *_ in POINTS}) == 5
    for standard, point, _, line in POINTS:
        command: click.Command = root
        for word in line.split()[1:]:
            if not isinstance(command, click.Group):
                assert word in EXPORTS, (standard, point, line)
                continue
            found = command.get_command(click.Context(command), word)
            assert found is not None, (standard, point, line)
            command = found
