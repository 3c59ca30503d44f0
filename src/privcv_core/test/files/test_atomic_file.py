# SPDX-License-Identifier: Apache-2.0
"""A file is written whole and durably or not at all, and nothing is left beside it."""

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pytest

from privcv_core.errors import FileWriteError
from privcv_core.files import atomic_file
from privcv_core.files.atomic_file import replacing, write_atomically, write_new


@pytest.fixture(params=[write_atomically, write_new], name="write")
def _write(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_content_and_the_permissions_are_those_asked_for(write: Any, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(tmp_path / "bytes", b"\xff\n", mode=0o644)
        write(tmp_path / "secret", "ä", mode=0o600)
        write(tmp_path / "default", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "bytes").read_bytes() == b"\xff\n"
    assert (tmp_path / "secret").read_text(encoding="utf-8") == "ä"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"bytes": 0o644, "secret": 0o600, "default": 0o600}


def test_who_has_the_old_file_open_never_sees_the_new_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("public")
    with path.open() as reader:
        write_atomically(path, "secret", mode=0o600)
        assert reader.read() == "public"
    assert path.read_text() == "secret"


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_where_the_disk_refuses_the_old_content_stays_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(atomic_file.os, fails, refuse)
    with pytest.raises(FileWriteError, match=r"file: cannot be written: No space left"):
        write_atomically(path, "new")
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("file", "old")]


def test_where_the_disk_refuses_a_new_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_file.os, "fsync", refuse)
    with pytest.raises(FileWriteError, match="No space left"):
        write_new(tmp_path / "file", "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_block_that_fails_changes_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> NoReturn:
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("file", "old")]


def test_content_then_name_then_folder_become_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("folder" if is_folder else f"file of {os.fstat(descriptor).st_size}")
        fsync(descriptor)

    def note_replace(source: str, target: str, **folders: int) -> None:
        done.append("rename")
        replace(source, target, **folders)

    monkeypatch.setattr(atomic_file.os, "fsync", note_fsync)
    monkeypatch.setattr(atomic_file.os, "replace", note_replace)
    write_atomically(tmp_path / "file", b"12345")
    assert done == ["file of 5", "rename", "folder"]
    done.clear()
    write_new(tmp_path / "other", b"1234")
    assert done == ["file of 4", "folder"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "precious"
    assert (tmp_path / "link").read_text() == "new"
    assert not (tmp_path / "link").is_symlink()


def test_a_link_at_the_name_for_the_time_of_writing_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_file.secrets, "token_hex", lambda _bytes: "guessed")
    (tmp_path / "target").write_text("precious")
    (tmp_path / ".file.guessed").symlink_to("target")
    with pytest.raises(FileWriteError, match="File exists"):
        write_atomically(tmp_path / "file", "new")
    assert (tmp_path / "target").read_text() == "precious"
    assert (tmp_path / ".file.guessed").is_symlink()


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link"):
        if name == "file":
            (tmp_path / name).write_text("old")
        with pytest.raises(FileWriteError, match="File exists"):
            write_new(tmp_path / name, "new")
    assert (tmp_path / "file").read_text() == "old"
    assert not (tmp_path / "nowhere").exists()


def test_of_many_that_make_one_file_one_does(tmp_path: Path) -> None:
    def make(number: int) -> bool:
        try:
            write_new(tmp_path / "file", str(number))
        except FileWriteError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(32)))
    assert sum(made) == 1
    assert (tmp_path / "file").read_text() == str(made.index(True))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_only_a_file_is_replaced(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "other")
    with pytest.raises(FileWriteError, match="not a regular file"):
        write_atomically(tmp_path / "other", "x")
    assert not (tmp_path / "other").is_file()


def test_a_folder_that_is_not_there_is_named(write: Any, tmp_path: Path) -> None:
    with pytest.raises(FileWriteError, match=r"absent/file: cannot be written: No such file"):
        write(tmp_path / "absent" / "file", "x")


def refuse(*_arguments: object, **_named: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
