# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to the files of an audit log, verification reports it and never fails itself."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privcv_core.audit import verify
from privcv_core.audit.entry import AuditLogError, Head, make_entry
from privcv_core.audit.files import chains_in, files_of, full_file, growing_file
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain, verify_chain

CHAIN = "lobby.detection"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No writer is at work here that one would have to wait for."""
    monkeypatch.setattr(verify, "_WRITER_IS_BUSY_S", 0.0, raising=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chain of four full files and one that grows."""
    folder = tmp_path_factory.mktemp("audit")
    with AuditLog(AuditSettings(folder=folder, file_bytes=4096), CHAIN) as log:
        while len(files_of(folder, CHAIN)) < 5 or growing_file(folder, CHAIN).stat().st_size < 2000:
            log.append("frames", camera="lobby", frames=1, wiped=1, seconds=60.0)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def remove(path: Path, at: float) -> None:
    path.unlink()


def empty(path: Path, at: float) -> None:
    path.write_bytes(b"")


def cut(path: Path, at: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * at)])


def cut_at_a_line(path: Path, at: float) -> None:
    content = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(content[: int(len(content) * at)]))


def rename_away(path: Path, at: float) -> None:
    path.rename(path.with_name(path.name + ".old"))


def renumber(path: Path, at: float) -> None:
    with contextlib.suppress(NotADirectoryError):  # an earlier damage put a folder there
        path.rename(full_file(path.parent, CHAIN, 1 + int(at * 200)))


def copy_to_another_number(path: Path, at: float) -> None:
    with contextlib.suppress(IsADirectoryError):
        full_file(path.parent, CHAIN, 1 + int(at * 200)).write_bytes(path.read_bytes())


def put_a_folder_in_its_place(path: Path, at: float) -> None:
    path.unlink()
    path.mkdir()


def put_a_broken_link_in_its_place(path: Path, at: float) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def fill_with_noise(path: Path, at: float) -> None:
    path.write_bytes(bytes(range(256)) * 4)


DAMAGE: list[Callable[[Path, float], None]] = [
    remove, empty, cut, cut_at_a_line, rename_away, renumber, copy_to_another_number,
    put_a_folder_in_its_place, put_a_broken_link_in_its_place, fill_with_noise,
]  # fmt: skip


def content_of(folder: Path) -> list[bytes]:
    """The lines that a reader finds, file by file in the order of names; the growing file last."""

    def order(path: Path) -> tuple[bool, str]:
        return path.name == f"{CHAIN}.jsonl", path.name

    files = sorted((p for p in folder.glob("*.jsonl") if p.is_file()), key=order)
    return [
        line
        for path in files
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]


def is_a_cut_of_the_growing_file(before: list[bytes], after: list[bytes], full: int) -> bool:
    """The one damage that a chain alone cannot show: its newest entries are gone."""
    return full < len(after) <= len(before) and before[: len(after)] == after


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(DAMAGE), st.integers(0, 4), st.floats(0, 0.99)),
        min_size=1,
        max_size=3,
    )
)
def test_no_damage_of_files_is_called_whole(
    whole: Path,
    tmp_path: Path,
    steps: list[tuple[Callable[[Path, float], None], int, float]],
) -> None:
    folder = tmp_path / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    head = verify_chain(folder, CHAIN).head
    before, files = content_of(folder), files_of(folder, CHAIN)
    full = len(before) - len(files[-1].read_bytes().splitlines())
    for damage, index, at in steps:
        with suppress(FileNotFoundError, IsADirectoryError):  # an earlier step was there
            damage(files[index], at)
    after = content_of(folder)

    assert chains_in(folder) == [CHAIN]
    alone = verify_chain(folder, CHAIN).problems
    against_kept = verify_chain(folder, CHAIN, [head]).problems
    if after != before:
        assert against_kept
        assert alone or is_a_cut_of_the_growing_file(before, after, full)
    with suppress(AuditLogError):
        assert all(entry.line() in before for entry in read_chain(folder, CHAIN))


@pytest.mark.parametrize("index", range(5))
@pytest.mark.parametrize("damage", [remove, empty, rename_away, put_a_broken_link_in_its_place])
def test_a_file_without_its_entries_shows_in_the_chain_alone(
    folder: Path, damage: Callable[[Path, float], None], index: int
) -> None:
    damage(files_of(folder, CHAIN)[index], 0.0)
    assert verify_chain(folder, CHAIN).problems


def test_a_chain_without_any_file_is_not_whole(folder: Path) -> None:
    for path in files_of(folder, CHAIN):
        path.unlink()
    assert chains_in(folder) == [CHAIN]
    (problem,) = verify_chain(folder, CHAIN).problems
    assert "missing" in problem.what


def test_files_that_vanish_while_they_are_read_are_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every attempt another file goes: the listing never agrees with what can be opened."""
    real = verify.files_of

    def listed_then_gone(where: Path, chain: str, since: int = 0) -> list[Path]:
        files = real(where, chain, since)
        if len(files) > 1:
            files[0].unlink()
        return files

    monkeypatch.setattr(verify, "files_of", listed_then_gone)
    assert verify_chain(folder, CHAIN).problems


def test_a_file_that_is_filled_and_moved_while_it_is_read_is_read_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A withdrawal must not be missed because the writer began a new file at that moment."""
    real, calls = verify.lines_in, []

    def moved_first(path: Path) -> Iterator[tuple[int, bytes]]:
        if path.name == f"{CHAIN}.jsonl" and not calls:
            calls.append(path)
            first = next(line for _, line in real(path))
            start = verify.read_entry(first).sequence
            path.rename(full_file(folder, CHAIN, start))
            growing_file(folder, CHAIN).write_bytes(b"")
        return real(path)

    whole = [entry.sequence for entry in read_chain(folder, CHAIN)]
    monkeypatch.setattr(verify, "lines_in", moved_first)
    assert [entry.sequence for entry in read_chain(folder, CHAIN)] == whole


def test_a_forged_record_of_pruning_is_a_problem_and_not_an_error(tmp_path: Path) -> None:
    forged = make_entry(CHAIN, Head(6, "a" * 64), "2026-11-20T21:00:00.000Z", "log.pruned", {})
    growing_file(tmp_path, CHAIN).write_bytes(forged.line())
    senseless, beginning = verify_chain(tmp_path, CHAIN).problems
    assert "log.pruned does not say 'through'" in senseless.what
    assert "without a record" in beginning.what
