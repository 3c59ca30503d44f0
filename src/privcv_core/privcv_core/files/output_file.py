# SPDX-License-Identifier: Apache-2.0
"""Outputs of a command: written whole or not at all, and never over what the command reads.

A command that empties its output before it has read its input destroys the one where both are the
same file, by whatever name, or where the input turns out to be unusable.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from privcv_core.errors import FileWriteError
from privcv_core.files.atomic_file import replacing


@contextlib.contextmanager
def output_file(path: Path, inputs: Iterable[Path | None] = ()) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` once the ``with`` block has ended well.

    A pipe or a device, such as /dev/stdout, has nothing to lose and is written to as it is;
    nobody waits for a pipe that is not read.
    ``inputs``: the files that the command reads, see ``refuse_input``. Raises ``FileWriteError``.
    """
    refuse_input(path, inputs)
    if _is_special(path):
        try:
            with _open_special(path) as stream:
                yield stream
        except OSError as error:
            raise FileWriteError(f"{path}: cannot be written: {error.strerror}") from error
        return
    with replacing(path) as file:
        yield file


def refuse_input(output: Path, inputs: Iterable[Path | None]) -> None:
    """Raise ``FileWriteError`` where ``output`` is one of the ``inputs``.

    By another name too: through links of either kind.
    """
    for given in inputs:
        if given is not None and _is_same(output, given):
            raise FileWriteError(
                f"{output}: is the input {given} itself, which would be lost; name another file"
            )


def refuse_folder_with_inputs(folder: Path, inputs: Iterable[Path | None]) -> None:
    """Raise ``FileWriteError`` where one of ``inputs`` lies in ``folder``, which is to be emptied.

    By its own place or by that of what it links to.
    """
    inside = folder.resolve()
    for given in inputs:
        if given is None:
            continue
        places = (given.resolve(), given.parent.resolve() / given.name)
        if any(place == inside or inside in place.parents for place in places):
            raise FileWriteError(
                f"{folder}: holds the input {given}, and is emptied first; name another folder"
            )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there: by its name then
        return one.resolve() == other.resolve()


def _open_special(path: Path) -> IO[bytes]:
    """Without waiting for whoever might read the pipe one day."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "is a pipe that nobody reads") from error
        raise
    os.set_blocking(descriptor, True)
    return open(descriptor, "wb")


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, a socket or a device; a folder is for ``replacing`` to refuse."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
