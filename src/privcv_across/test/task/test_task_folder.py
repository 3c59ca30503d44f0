# SPDX-License-Identifier: Apache-2.0
"""The folder of joined tasks gives back what was joined, and says what in it is not so."""

from pathlib import Path

import pytest
from sum_tasks import logged, signed

from privcv_across.errors import TaskError
from privcv_across.task.task_folder import (
    KeptTask,
    keep_task,
    new_key,
    read_key,
    read_tasks,
    report_sizes,
)
from privcv_core.errors import KeyFileError


def kept(**changes: object) -> KeptTask:
    one = signed(**changes)
    return KeptTask(one, logged(one.entry))


def test_tasks_come_back_in_the_order_in_which_they_begin(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "across"
    assert (read_tasks(folder), report_sizes(folder)) == ([], {})
    later = kept(begins="2026-12-02T00:00:00Z")
    for one in (later, kept()):
        keep_task(folder, one)
    keep_task(folder, later)  # joined again
    assert read_tasks(folder) == [kept(), later]
    sizes = {one.name: one.signed.task.sum_task().report_size for one in (kept(), later)}
    assert report_sizes(folder) == sizes
    assert (folder.stat().st_mode | (folder / f"{later.name}.task").stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("damage", ["cut", "no proof", "renamed"])
def test_what_is_no_joined_task_is_named(tmp_path: Path, damage: str) -> None:
    one = kept()
    keep_task(tmp_path, one)
    path = tmp_path / f"{one.name}.task"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "no proof":
        path.with_suffix(".proof").unlink()
    else:
        for suffix in (".task", ".proof"):
            path.with_suffix(suffix).rename(tmp_path / f"{'0' * 64}{suffix}")
    with pytest.raises(TaskError, match=r"\.task: "):
        read_tasks(tmp_path)


def test_the_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="privcv across key"):
        read_key(tmp_path)
    key = new_key(tmp_path)
    assert read_key(tmp_path).public == key.public
    with pytest.raises(KeyFileError, match="exists already"):
        new_key(tmp_path)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(KeyFileError, match="others can read it"):
        read_key(tmp_path)
    (tmp_path / "key").write_text("no key")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(KeyFileError, match="is no key of"):
        read_key(tmp_path)
