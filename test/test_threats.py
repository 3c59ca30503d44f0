# SPDX-License-Identifier: Apache-2.0
"""What threat model and assessment point at exists: a renamed test is no evidence any more."""

import re
from pathlib import Path

import pytest

from privcv_compliance.assessment.figures import FIGURES

ROOT = Path(__file__).resolve().parents[1]
THREATS = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([^`\n]+)`", THREATS)))
MEASURES = [figure.how for figure in FIGURES.values()]


def test_every_test_that_is_named_is_there() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("src", "test")
        for path in (ROOT / folder).rglob("test_*.py")
    )
    named = [name for name in NAMED if re.fullmatch(r"test_\w+", name)]
    assert named
    assert [name for name in named if f"def {name}(" not in sources] == []


def test_every_path_that_is_named_is_there() -> None:
    named = [name for name in NAMED if re.fullmatch(r"(src|test|config|docs)/[\w./@-]*", name)]
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "name", [name for name in (*NAMED, *MEASURES) if name.startswith("privcv ")]
)
def test_every_command_that_is_named_is_there(name: str) -> None:
    import click
    from click.testing import CliRunner

    from privcv_bringup.cli import root

    words = [word for word in name.split()[1:] if not word.startswith("-")]
    words = [word for word in words if "." not in word]
    result = CliRunner().invoke(root, [*words, "--help"])
    assert result.exit_code == 0, result.output
    assert isinstance(root, click.Group)
