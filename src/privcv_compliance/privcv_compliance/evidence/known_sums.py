# SPDX-License-Identifier: Apache-2.0
"""The folder of sums over sites as it may be: tasks, their proofs, the key that shares are signed
with. What is none of these is listed as any file of others."""

from collections.abc import Callable
from pathlib import Path

from privcv_across.task.signed_task import MOST_BYTES, SignedTask
from privcv_across.task.task_folder import read_key
from privcv_across.transparency.log_proof import LogProof
from privcv_core.errors import PrivcvError
from privcv_core.files.regular_file import read_regular

Judge = Callable[[Path], tuple[str, str]]


def known_sums(folder: Path) -> dict[Path, Judge]:
    """Every file that the folder may have, by what it is called, and who judges it."""
    known: dict[Path, Judge] = {folder / "key": _key}
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return known
    known |= {path: _task for path in files if path.suffix == ".task"}
    return known | {path: _proof for path in files if path.suffix == ".proof"}


def _key(path: Path) -> tuple[str, str]:
    return _read("the key of sums over sites", lambda: read_key(path.parent))


def _task(path: Path) -> tuple[str, str]:
    what = "a task of a sum over sites"
    return _read(what, lambda: SignedTask.decode(read_regular(path, MOST_BYTES)))


def _proof(path: Path) -> tuple[str, str]:
    what = "the proof that a task is in a log"
    return _read(what, lambda: LogProof.decode(read_regular(path, MOST_BYTES)))


def _read(what: str, read: Callable[[], object]) -> tuple[str, str]:
    try:
        read()
    except PrivcvError as error:
        return what, f"it is not what its name says: {error}"
    return what, ""
