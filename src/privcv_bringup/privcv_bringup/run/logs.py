# SPDX-License-Identifier: Apache-2.0
"""What a running graph needs around it: a folder for its settings, and prefixed logs."""

import io
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

from privcv_bringup.run.narrator import Event
from privcv_core.errors import SettingsError
from privcv_core.files.regular_file import open_to_append
from privcv_core.masking import mask
from privcv_core.node.health import Level
from privcv_core.printable import printable
from privcv_core.protocol.timestamps import rfc3339_milli

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

    ``quiet``: into the file only. ``as_json``: an object per line, for programs. On a terminal
    there is a live line at the bottom, see ``status``.
    """

    def __init__(
        self,
        names: Sequence[str],
        file: Path | None,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        as_json: bool = False,
    ) -> None:
        self._width = max((len(name) for name in names), default=0)
        self._colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
        self._stream = None if quiet else stream or (sys.stdout if as_json else sys.stderr)
        self._as_json = as_json
        self._path = file
        self._file: TextIO | None = None
        self._status = ""

    @property
    def is_live(self) -> bool:
        """Whether ``status`` shows anything: on a terminal, for people."""
        return self._stream is not None and not self._as_json and self._stream.isatty()

    def say(self, name: str, line: str) -> None:
        """Print one line of the process ``name``, as it came."""
        self.tell(Event("log", name, line))

    def tell(self, event: Event) -> None:
        """Print one event."""
        # A library prints what it likes, and anybody may send words: no secret, no terminal codes.
        words = printable(mask(event.message))
        prefix = f"{event.source:<{self._width}} |"
        sign = {Level.ERROR: "!! ", Level.WARN: "! "}.get(event.level, "")
        if self._stream is not None and self._as_json:
            print(json.dumps(_as_json(event, words)), file=self._stream, flush=True)
        elif self._stream is not None:
            colour = self._colours.get(event.source.split("/")[0], 37)
            shown = f"\x1b[{colour}m{prefix}\x1b[0m" if self._stream.isatty() else prefix
            self._print_above_status(f"{shown} {sign}{words}")
        if self._file is not None:
            print(f"{prefix} {sign}{words}", file=self._file, flush=True)

    def status(self, text: str) -> None:
        """Show ``text`` in the last line of a terminal, in the place of the one before."""
        if self.is_live and self._stream is not None:
            columns = shutil.get_terminal_size().columns
            self._status = printable(text)[: max(10, columns - 1)]
            print(f"\r\x1b[2K{self._status}", end="", file=self._stream, flush=True)

    def _print_above_status(self, line: str) -> None:
        before = "\r\x1b[2K" if self._status else ""
        print(f"{before}{line}\n{self._status}", end="", file=self._stream, flush=True)

    def _clear_status(self) -> None:
        if self._status:
            self._status = ""
            print("\r\x1b[2K", end="", file=self._stream, flush=True)

    def __enter__(self) -> "LogPrinter":
        if self._path is not None:
            try:
                self._file = io.TextIOWrapper(open_to_append(self._path, 0o640), "utf-8")
            except OSError as error:
                problem = f"--logs {self._path}: cannot be written: {error.strerror}"
                raise SettingsError(problem) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._clear_status()
        if self._file is not None:
            self._file.close()


class LogHandler(logging.Handler):
    """Has what Python logs of this process told by ``printer``, in its format."""

    def __init__(self, printer: LogPrinter) -> None:
        super().__init__(logging.WARNING)
        self._printer = printer

    def emit(self, record: logging.LogRecord) -> None:
        """One event for one record."""
        level = Level.ERROR if record.levelno >= logging.ERROR else Level.WARN
        self._printer.tell(Event("log", "privcv", self.format(record), level))


def _as_json(event: Event, words: str) -> dict[str, Any]:
    facts = {key: mask(value) if isinstance(value, str) else value
             for key, value in event.facts.items()}  # fmt: skip
    return {
        "time": rfc3339_milli(datetime.now(timezone.utc)),
        "event": event.kind,
        "level": event.level.name.lower(),
        "source": event.source,
        "message": words,
        **facts,
    }
