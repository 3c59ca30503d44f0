# SPDX-License-Identifier: Apache-2.0
"""Names are made, moved and removed where they are meant, whatever links others have laid."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lesser_user import NOBODY, folder_of_all, needs_root

from privcv_core.errors import FileWriteError
from privcv_core.files.atomic_file import write_atomically, write_new
from privcv_core.files.folder import make_folder, remove, rename
from privcv_core.files.regular_file import open_to_append, restrict


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder with a link ``theirs``, which another user made, to root's ``victim``."""
    with folder_of_all() as folder:
        (folder / "victim").mkdir()
        (folder / "victim" / "file").write_text("precious")
        (folder / "theirs").symlink_to(folder / "victim")
        os.lchown(folder / "theirs", NOBODY, NOBODY)
        (folder / "ours").symlink_to(folder / "victim")
        yield folder


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        make_folder(tmp_path / "a" / "b" / "c", 0o700)
        make_folder(tmp_path / "a" / "b" / "c", 0o777)  # it is there: nothing changes
    finally:
        os.umask(umask)
    modes = [(tmp_path / part).stat().st_mode & 0o777 for part in ("a", "a/b", "a/b/c")]
    assert modes == [0o750, 0o750, 0o700]


@pytest.mark.parametrize("there", ["file", "file/below", "nowhere", "pipe"])
def test_what_is_no_folder_is_said(tmp_path: Path, there: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Not a directory|leads nowhere"):  # noqa: RUF043
        make_folder(tmp_path / there)


@needs_root
def test_no_folder_is_made_beyond_a_link_of_others(shared: Path) -> None:
    with pytest.raises(OSError, match="link that another user made"):
        make_folder(shared / "theirs" / "new")
    assert os.listdir(shared / "victim") == ["file"]
    make_folder(shared / "ours" / "new")
    assert (shared / "victim" / "new").is_dir()


@needs_root
def test_nothing_is_written_renamed_or_removed_beyond_a_link_of_others(shared: Path) -> None:
    for write in (write_atomically, write_new):
        with pytest.raises(FileWriteError, match="link that another user made"):
            write(shared / "theirs" / "other", "x")
    with pytest.raises(OSError, match="link that another user made"):
        remove(shared / "theirs" / "file")
    with pytest.raises(OSError, match="link that another user made"):
        rename(shared / "theirs" / "file", "moved")
    with pytest.raises(OSError, match="link that another user made"):
        open_to_append(shared / "theirs" / "file", 0o600)
    assert os.listdir(shared / "victim") == ["file"]
    write_atomically(shared / "ours" / "file", "new")
    rename(shared / "ours" / "file", "moved")
    assert (shared / "victim" / "moved").read_text() == "new"
    remove(shared / "ours" / "moved")
    assert os.listdir(shared / "victim") == []


def test_a_link_is_removed_itself_and_a_folder_not(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    (tmp_path / "link").symlink_to("precious")
    remove(tmp_path / "link")
    assert os.listdir(tmp_path) == ["precious"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="is a folder"):
        remove(tmp_path / "folder")


def test_permissions_are_taken_from_what_was_looked_at(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o664)
    (tmp_path / "file").chmod(0o664)
    assert restrict(tmp_path / "file", 0o700) == 0o664
    assert restrict(tmp_path / "file", 0o700) == 0o600
    assert restrict(tmp_path / "gone", 0o700) == 0
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "file").chmod(0o664)
    with pytest.raises(OSError, match="is a link"):
        restrict(tmp_path / "link", 0o700)
    assert restrict(tmp_path / "link", 0o700, follow=True) == 0o664
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@needs_root
def test_permissions_of_another_users_file_stay(shared: Path) -> None:
    shared.chmod(0o777)
    shutil.copy(shared / "victim" / "file", shared / "file")
    os.chown(shared / "file", NOBODY, NOBODY)
    (shared / "file").chmod(0o666)
    with pytest.raises(OSError, match="belongs to another user"):
        restrict(shared / "file", 0o700)
    assert (shared / "file").stat().st_mode & 0o777 == 0o666
