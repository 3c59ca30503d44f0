# SPDX-License-Identifier: Apache-2.0
"""An output takes its place only once it is whole, and never that of an input, by any name."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from privcv_core.errors import FileWriteError
from privcv_core.files.output_file import output_file, refuse_folder_with_inputs


def same(path: Path, folder: Path) -> Path:
    return path


def soft(path: Path, folder: Path) -> Path:
    (folder / "soft").symlink_to(path)
    return folder / "soft"


def hard(path: Path, folder: Path) -> Path:
    (folder / "hard").hardlink_to(path)
    return folder / "hard"


def by_a_folder(path: Path, folder: Path) -> Path:
    (folder / "other").symlink_to(path.parent, target_is_directory=True)
    return folder / "other" / path.name


def around(path: Path, folder: Path) -> Path:
    return path.parent / ".." / path.parent.name / path.name


@pytest.mark.parametrize("name", [same, soft, hard, by_a_folder, around])
def test_an_input_by_any_name_is_refused_and_stays(
    tmp_path: Path, name: Callable[[Path, Path], Path]
) -> None:
    (tmp_path / "in").mkdir()
    given = tmp_path / "in" / "video.mp4"
    given.write_text("frames")
    with (
        pytest.raises(FileWriteError, match=r"is the input .*video\.mp4 itself"),
        output_file(name(given, tmp_path), (None, given)) as file,
    ):
        file.write(b"table")
    assert given.read_text() == "frames"


def test_what_was_there_stays_where_the_command_fails(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.write_text("old")

    def half() -> None:
        with output_file(out) as file:
            file.write(b"half of")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("table.csv", "old")]


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with output_file(pipe) as file:
            file.write(b"table")
        assert os.read(reader, 10) == b"table"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileWriteError, match="is not a regular file"), output_file(tmp_path):
        pass


def test_a_folder_that_is_to_be_emptied_holds_no_input(tmp_path: Path) -> None:
    (tmp_path / "out" / "deep").mkdir(parents=True)
    video = tmp_path / "out" / "deep" / "video.mp4"
    video.touch()
    (tmp_path / "link.mp4").symlink_to(video)
    for given in (video, tmp_path / "link.mp4"):
        with pytest.raises(FileWriteError, match="holds the input"):
            refuse_folder_with_inputs(tmp_path / "out", (given,))
    refuse_folder_with_inputs(tmp_path / "elsewhere", (video, None))
