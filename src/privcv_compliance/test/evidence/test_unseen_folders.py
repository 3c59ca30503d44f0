# SPDX-License-Identifier: Apache-2.0
"""What cannot be looked into is said, and no answer says that there is nothing."""

import os
from pathlib import Path

import pytest
from compliance_site import access
from lesser_user import as_nobody, folder_of_all, needs_root

from privcv_compliance.evidence.folder_walk import walk
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile


@needs_root
def test_an_unreadable_folder_is_said() -> None:
    with folder_of_all() as folder:
        hidden = folder / "state" / "hidden"
        hidden.mkdir(parents=True)
        (hidden / "picture.jpg").write_bytes(b"x")
        hidden.chmod(0o700)
        said = as_nobody(
            lambda: [f"{m.path.name} {m.what} {m.problem}" for m in walk(folder / "state")]
        )
    assert "hidden something that cannot be read what is in it is not known" in said[0]


def test_an_error_of_the_walk_is_a_leftover(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.state / "hidden").mkdir()
    listdir = os.listdir

    def refuse(path: Path) -> list[str]:
        if Path(path).name == "hidden":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    (leftover,) = scan_site(site).leftovers
    assert "is not known: Permission denied" in leftover.problem
    assert access(site).facts["outcome"] == "leftovers found"


def test_a_file_that_cannot_be_read_is_a_leftover(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the key file, of which only its owner may know what is in it."""
    from privcv_compliance.evidence import small_files

    def refuse(*_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(small_files, "read_regular", refuse)
    problems = {item.path.name: item.problem for item in scan_site(site).leftovers}
    assert "is not known: Permission denied" in problems["ledger.db.anchor"]


def test_a_state_folder_behind_a_link_is_looked_at_and_the_link_is_told(site: SiteFile) -> None:
    elsewhere = site.state.with_name("elsewhere")
    site.state.rename(elsewhere)
    site.state.symlink_to(elsewhere)
    (elsewhere / "picture.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    scan = scan_site(site)
    assert [item.path.name for item in scan.leftovers] == ["picture.jpg"]
    (link,) = [item for item in scan.found if item.path == site.state]
    assert str(elsewhere) in link.what


def test_a_mount_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "f").write_text("x")
    lstat = os.lstat

    def another_device(path: Path) -> os.stat_result:
        status = lstat(path)
        if "mounted" not in str(path):
            return status
        return os.stat_result((*status[:2], status.st_dev + 1, *status[3:10]))

    monkeypatch.setattr(os, "lstat", another_device)
    first, second, _ = walk(tmp_path)  # and the empty folder of the fixture
    assert (first.what, second.path.name) == ("a mount", "f")
