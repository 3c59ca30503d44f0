# SPDX-License-Identifier: Apache-2.0
"""Whatever somebody plants under a name that we open, nothing of ours is followed, made or cut."""

import os
import tracemalloc
from pathlib import Path

import pytest

from privcv_core.files.input_file import read_input
from privcv_core.files.regular_file import (
    check_regular,
    open_folder,
    open_regular,
    read_regular,
)

APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND


def test_a_file_is_made_with_its_mode_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "f"
    os.close(open_regular(path, APPEND, 0o600))
    assert path.stat().st_mode & 0o777 == 0o600
    os.close(open_regular(path, APPEND, 0o600))
    assert check_regular(path)
    assert not check_regular(tmp_path / "g")


@pytest.mark.parametrize("flags", [os.O_RDONLY, APPEND, os.O_WRONLY | os.O_CREAT | os.O_TRUNC])
def test_a_planted_link_is_neither_followed_nor_made(tmp_path: Path, flags: int) -> None:
    victim = tmp_path / "victim"
    victim.write_text("whole")
    for target in (victim, tmp_path / "made"):
        planted = tmp_path / "planted"
        planted.symlink_to(target)
        with pytest.raises(OSError, match="is a link"):
            open_regular(planted, flags)
        with pytest.raises(OSError, match="is a link"):
            check_regular(planted)
        planted.unlink()
    assert victim.read_text() == "whole"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, APPEND])
def test_a_pipe_makes_nobody_wait(tmp_path: Path, flags: int) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is not a regular file"):
        open_regular(tmp_path / "pipe", flags)
    with pytest.raises(OSError, match="is not a regular file"):
        read_regular(tmp_path)


def test_a_second_name_of_another_file_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("whole")
    os.link(tmp_path / "victim", tmp_path / "planted")
    with pytest.raises(OSError, match="hard link"):
        open_regular(tmp_path / "planted", APPEND)
    assert read_regular(tmp_path / "planted") == b"whole"


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(11))
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_regular(tmp_path / "f", 10)


def test_a_small_file_takes_little_memory_however_much_is_allowed(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000  # of more than two parts
    (tmp_path / "small").write_bytes(content)
    tracemalloc.start()
    assert read_regular(tmp_path / "small", 2**31 - 1) == content
    assert read_input(tmp_path / "small") == content
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
    assert read_regular(tmp_path / "small", len(content)) == content
    for read in (read_regular, read_input):
        with pytest.raises(OSError, match="is larger than"):
            read(tmp_path / "small", len(content) - 1)


def test_a_folder_is_opened_through_links_of_ours(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("x")
    (tmp_path / "link").symlink_to("real/../real")
    (tmp_path / "absolute").symlink_to(tmp_path / "link")
    assert read_regular(tmp_path / "absolute" / "f") == b"x"
    descriptor = open_folder(tmp_path / "absolute")
    assert os.path.sameopenfile(descriptor, os.open(tmp_path / "real", os.O_RDONLY))
    os.close(descriptor)
    (tmp_path / "circle").symlink_to("circle")
    for wrong in ("real/f", "missing", "circle"):
        with pytest.raises(OSError):  # noqa: PT011
            open_folder(tmp_path / wrong)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


@needs_root
def test_another_users_file_is_not_written_in_a_shared_folder(tmp_path: Path) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    for folder, mode in ((shared, 0o3770), (own, 0o755)):
        folder.mkdir()
        folder.chmod(mode)
        (folder / "f").write_text("theirs")
        os.chown(folder / "f", 12345, 12345)
    with pytest.raises(OSError, match="belongs to another user"):
        open_regular(shared / "f", APPEND)
    with pytest.raises(OSError, match="belongs to another user"):
        open_regular(own / "f", APPEND)
    os.chown(own, 12345, 12345)  # in a folder of their own it is the expected owner
    os.close(open_regular(own / "f", APPEND))
    assert read_regular(shared / "f") == b"theirs"


@needs_root
def test_a_folder_behind_somebody_elses_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("x")
    (tmp_path / "link").symlink_to("real")
    os.lchown(tmp_path / "link", 12345, 12345)
    with pytest.raises(OSError, match="link that another user made"):
        open_regular(tmp_path / "link" / "new", APPEND)
    with pytest.raises(OSError, match="link that another user made"):
        open_folder(tmp_path / "link")
    assert not (tmp_path / "real" / "new").exists()
