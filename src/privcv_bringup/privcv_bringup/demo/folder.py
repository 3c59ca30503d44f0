# SPDX-License-Identifier: Apache-2.0
"""The folder of a demo: emptied before each run, so never one that holds anything else."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from privcv_core.errors import FileWriteError
from privcv_core.files.output_file import refuse_folder_with_inputs

MARKS = (".privcv-demo", "collector.db")
"""What tells the folder of an earlier run; the second: of one whose version wrote no mark."""

TOKEN_FILE = "reader-token"
"""In the folder: with it one signs in to the collector's pages."""


def database_of(folder: Path) -> str:
    """URL of the collector's database of a demo in ``folder``."""
    return f"sqlite:///{(folder / MARKS[1]).resolve()}"


def refuse_foreign_folder(folder: Path, inputs: Iterable[Path | None]) -> None:
    """Raise ``FileWriteError`` where ``folder`` must not be emptied.

    That is where it holds one of ``inputs``, is no folder, or holds what no demo has made.
    """
    refuse_folder_with_inputs(folder, inputs)
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FileWriteError(f"{folder}: is not a folder; name another with -o")
    if any(folder.iterdir()) and not any((folder / mark).exists() for mark in MARKS):
        raise FileWriteError(
            f"{folder}: holds files that no demo made, and is emptied first; name another folder "
            "with -o"
        )


def empty_folder(folder: Path) -> None:
    """Make ``folder`` anew, readable by its owner only, and mark it as a demo's."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, mode=0o700)
        (folder / MARKS[0]).touch()
    except OSError as error:
        raise FileWriteError(f"{folder}: cannot be made: {error.strerror}") from error
