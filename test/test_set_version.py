# SPDX-License-Identifier: Apache-2.0
"""A version stands wherever it has to, and the changes under it are dated."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import set_version

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for glob in (*set_version.PLACES, "CHANGELOG.md"):
        for path in ROOT.glob(glob):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    log = tmp_path / "CHANGELOG.md"
    log.write_text(log.read_text().replace("## ", "## Forthcoming\n\nThis.\n\n## ", 1))
    return tmp_path


def test_it_changes_every_place(tree: Path) -> None:
    before = {path: path.read_text() for path in tree.rglob("*") if path.is_file()}
    set_version.set_version(tree, "17.4.2", date(2026, 12, 24))
    assert "## 17.4.2 (2026-12-24)\n\nThis." in (tree / "CHANGELOG.md").read_text()
    for path, text in before.items():
        assert path.read_text() != text, path
        assert path.read_text().count("17.4.2") == 1, path


def test_nothing_is_written_where_a_place_is_missing(tree: Path) -> None:
    broken = tree / "src/privcv_msgs/package.xml"
    broken.write_text(broken.read_text().replace("<version>", "<edition>"))
    before = {path: path.read_text() for path in tree.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=r"privcv_msgs/package\.xml: has 0 places"):
        set_version.set_version(tree, "17.4.2", date(2026, 12, 24))
    assert {path: path.read_text() for path in before} == before
    with pytest.raises(ValueError, match="one: is no version such as"):
        set_version.set_version(tree, "one", date(2026, 12, 24))
