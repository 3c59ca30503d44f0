# SPDX-License-Identifier: Apache-2.0
"""What a running graph needs around it: a folder for its settings, and prefixed logs."""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from privcv_core.errors import SettingsError
from privcv_core.files.regular_file import open_to_append
from privcv_core.masking import mask

COLOURS = (36, 32, 35, 34, 33, 96, 92, 95)


@contextmanager
def runtime_folder() -> Iterator[Path]:
    """A folder that only this user can read, gone at the end: settings may hold passwords."""
    folder = Path(tempfile.mkdtemp(prefix="privcv-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class LogPrinter:
    """Prints lines with the name of their process before them, in colour on a terminal.

    ``quiet``: into the file only.
    """

    def __init__(
        self,
        names: Sequence[str],
        file: Path | None,
        stream: TextIO = sys.stderr,
        *,
        quiet: bool = False,
    ) -> None:
        self._width = max((len(name) for name in names), default=0)
        self._colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
        self._stream = None if quiet else stream
        self._path = file
        self._file: TextIO | None = None

    def say(self, name: str, line: str) -> None:
        """Print one line of the process ``name``."""
        line = mask(line)  # a library prints what it likes, and a log file is kept
        prefix = f"{name:<{self._width}} |"
        if self._stream is not None:
            colour = self._colours.get(name, 37)
            shown = f"\x1b[{colour}m{prefix}\x1b[0m" if self._stream.isatty() else prefix
            print(f"{shown} {line}", file=self._stream, flush=True)
        if self._file is not None:
            print(f"{prefix} {line}", file=self._file, flush=True)

    def __enter__(self) -> "LogPrinter":
        if self._path is not None:
            try:
                self._file = io.TextIOWrapper(open_to_append(self._path, 0o640), "utf-8")
            except OSError as error:
                problem = f"--logs {self._path}: cannot be written: {error.strerror}"
                raise SettingsError(problem) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
