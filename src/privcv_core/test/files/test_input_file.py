# SPDX-License-Identifier: Apache-2.0
"""An input that a user names is read, by whatever links, and never waited for."""

import os
import socket
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from privcv_core.errors import FileWriteError, SettingsError
from privcv_core.files.input_file import check_input, digest_input, read_input
from privcv_core.files.output_file import output_file
from privcv_core.settings.environment_file import read_environment


@pytest.fixture
def not_files(tmp_path: Path) -> Iterator[list[Path]]:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        yield [tmp_path / name for name in ("pipe", "link", "socket")] + [Path("/dev/zero")]


def test_a_file_is_read_and_known_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        assert read_input(tmp_path / name) == b"abc"
        assert digest_input(tmp_path / name) == sha256(b"abc").hexdigest()
    with pytest.raises(OSError, match="is larger than 2 bytes"):
        read_input(tmp_path / "file", 2)
    with pytest.raises(FileNotFoundError):
        check_input(tmp_path / "gone")
    with pytest.raises(IsADirectoryError):
        check_input(tmp_path)


def test_nobody_waits_for_what_is_no_file(not_files: list[Path]) -> None:
    for path in not_files:
        with pytest.raises(OSError, match="is a pipe, a socket or a device; name a file"):
            read_input(path)
    with pytest.raises(SettingsError, match="pipe: cannot be read as environment: is not"):
        read_environment(not_files[0])


def test_nobody_waits_for_a_pipe_that_is_not_read_to_write_there(not_files: list[Path]) -> None:
    pipe = not_files[0]
    with pytest.raises(FileWriteError, match="is a pipe that nobody reads"), output_file(pipe):
        pass
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with output_file(pipe) as file:
            file.write(b"abc")
        assert os.read(reader, 10) == b"abc"
    finally:
        os.close(reader)
