# SPDX-License-Identifier: Apache-2.0
"""The folder of a device's sums over sites: the tasks that it joined, and the key it signs with.

::

    <task id>.task     both operators' signatures and the document
    <task id>.proof    that it stands in the log
    key                the private key whose public part is on each task's roster

``privcv across join`` writes what ``join`` let pass; whoever reads it asks ``join`` again. Files of
a task that ended stay until somebody removes them: no clock decides what is deleted.
"""

from dataclasses import dataclass
from pathlib import Path

from privcv_across.errors import AcrossError, LogError, TaskError
from privcv_across.task.signed_task import MOST_BYTES, SignedTask
from privcv_across.transparency.log_proof import LogProof
from privcv_core.errors import KeyFileError
from privcv_core.files.atomic_file import write_atomically, write_new
from privcv_core.files.folder import make_folder
from privcv_core.files.regular_file import read_regular
from privcv_core.files.secret_file import read_secret
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import SigningKey

MOST_TASKS = 64


@dataclass(frozen=True)
class KeptTask:
    """A task of the folder, and the proof that it is in a log."""

    signed: SignedTask
    proof: LogProof

    @property
    def name(self) -> str:
        """The task's id in hex."""
        return self.signed.task.task_id.hex()


def keep_task(folder: Path, kept: KeptTask) -> None:
    """Put a task into the folder; raises ``TaskError``. Its proof lies there before it does."""
    try:
        make_folder(folder, 0o700)
    except OSError as error:
        raise TaskError(f"{folder}: cannot be made: {error.strerror}") from error
    write_atomically(folder / f"{kept.name}.proof", kept.proof.encode(), mode=0o600)
    write_atomically(folder / f"{kept.name}.task", kept.signed.encode(), mode=0o600)


def read_tasks(folder: Path) -> list[KeptTask]:
    """The tasks of the folder, those that begin first before others; none where it is not there.

    Raises ``TaskError`` naming the file.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".task")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TaskError(f"{folder}: cannot be read: {error.strerror}") from error
    if len(files) > MOST_TASKS:
        raise TaskError(f"{folder}: holds {len(files)} tasks; remove those that ended")
    found = [_read(path) for path in files]
    return sorted(found, key=lambda one: (one.signed.task.begins, one.name))


def report_sizes(folder: Path) -> dict[str, int]:
    """By the id of each task of the folder, in hex, how many bytes a report of it has."""
    return {one.name: one.signed.task.sum_task().report_size for one in read_tasks(folder)}


def new_key(folder: Path) -> SigningKey:
    """Make the device's key; raises ``KeyFileError`` where there is one."""
    path = folder / "key"
    if path.exists():
        raise KeyFileError(f"{path}: exists already; a new one would be on no roster")
    try:
        make_folder(folder, 0o700)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
    key = SigningKey.generate()
    write_new(path, base64url.encode(key.secret), mode=0o600)
    return key


def read_key(folder: Path) -> SigningKey:
    """The device's key; raises ``KeyFileError``."""
    path = folder / "key"
    content = read_secret(path, if_missing="make one with 'privcv across key'")
    try:
        return SigningKey("Ed25519", base64url.decode(content.decode("ascii", "replace").strip()))
    except EnvelopeError as error:
        raise KeyFileError(f"{path}: is no key of 'privcv across key': {error}") from error


def _read(path: Path) -> KeptTask:
    try:
        signed = SignedTask.decode(read_regular(path, MOST_BYTES))
        proof = LogProof.decode(read_regular(path.with_suffix(".proof"), MOST_BYTES))
    except (AcrossError, LogError) as error:
        raise TaskError(f"{path}: {error}; join the task again") from error
    except OSError as error:
        raise TaskError(f"{path}: cannot be read with its proof: {error.strerror}") from error
    if path.stem != signed.task.task_id.hex():
        raise TaskError(f"{path}: is of another task than its name says; join the task again")
    return KeptTask(signed, proof)
