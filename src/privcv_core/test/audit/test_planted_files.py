# SPDX-License-Identifier: Apache-2.0
"""Whoever may make names in the audit folder makes nobody else write, cut, follow or wait."""

import os
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from privcv_core.audit import files
from privcv_core.audit.checkpoints import take_checkpoint
from privcv_core.audit.entry import AuditLogError
from privcv_core.audit.files import chains_in, own_folder
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain, verify_chain

CHAIN = "operator"
NAMES = (f"{CHAIN}.jsonl", f"{CHAIN}.lock", f"{CHAIN}.000000000001.jsonl")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


def settings(folder: Path) -> AuditSettings:
    return AuditSettings(folder=folder, file_bytes=4096)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", ["victim", "made"])
def test_a_planted_link_is_neither_followed_nor_cut_nor_made(
    tmp_path: Path, name: str, target: str
) -> None:
    (tmp_path / "victim").write_text("a line without an end")
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / name).symlink_to(tmp_path / target)
    with pytest.raises(AuditLogError, match="is a link"):
        AuditLog(settings(folder), CHAIN)
    assert (tmp_path / "victim").read_text() == "a line without an end"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_hard_link_to_a_file_without_a_line_end_is_not_cut(tmp_path: Path, name: str) -> None:
    (tmp_path / "victim").write_text("a line without an end")
    folder = tmp_path / "audit"
    folder.mkdir()
    os.link(tmp_path / "victim", folder / name)
    try:
        with AuditLog(settings(folder), CHAIN) as log:
            log.append("fault", where="here", what="something")
    except AuditLogError:
        pass
    assert (tmp_path / "victim").read_text() == "a line without an end"


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_hangs_neither_writer_nor_verify(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(AuditLogError, match="not a regular file"):
        AuditLog(settings(tmp_path), CHAIN)
    report = verify_chain(tmp_path, CHAIN)
    assert report.problems
    if name == f"{CHAIN}.jsonl":
        with pytest.raises(AuditLogError, match="no checkpoint is taken"):
            take_checkpoint(tmp_path, _now())


def test_a_link_to_a_whole_chain_elsewhere_is_told(tmp_path: Path) -> None:
    with AuditLog(settings(tmp_path / "other"), CHAIN) as log:
        log.append("fault", where="here", what="something")
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / f"{CHAIN}.jsonl").symlink_to(tmp_path / "other" / f"{CHAIN}.jsonl")
    (problem, *_) = verify_chain(folder, CHAIN).problems
    assert "is a link" in str(problem)
    with pytest.raises(AuditLogError, match="is a link"):
        list(read_chain(folder, CHAIN))


@needs_root
def test_another_users_file_in_a_shared_folder_is_not_written(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    with AuditLog(settings(folder), CHAIN) as log:
        log.append("fault", where="here", what="something")
    folder.chmod(0o3770)
    before = (folder / f"{CHAIN}.jsonl").read_bytes()
    for name in NAMES[:2]:
        os.chown(folder / name, 12345, 12345)
        with pytest.raises(AuditLogError, match="belongs to another user"):
            AuditLog(settings(folder), CHAIN)
        os.chown(folder / name, 0, 0)
    assert (folder / f"{CHAIN}.jsonl").read_bytes() == before


@needs_root
def test_a_chain_of_several_users_is_not_whole(tmp_path: Path) -> None:
    with AuditLog(settings(tmp_path), CHAIN) as log:
        for _ in range(40):
            log.append("fault", where="here", what="x" * 200)
    full = sorted(tmp_path.glob(f"{CHAIN}.0*.jsonl"))
    assert not verify_chain(tmp_path, CHAIN).problems
    os.chown(full[0], 12345, 12345)
    assert not verify_chain(tmp_path, CHAIN).problems  # root's and one user's
    os.chown(full[1], 12346, 12346)
    (problem,) = verify_chain(tmp_path, CHAIN).problems
    assert "several users" in str(problem)


def test_a_chain_goes_on_in_its_users_folder_and_is_read_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout of 0.1.0 is continued: what lay in the shared folder stays verified."""
    for round_ in range(60):
        if round_ == 30:
            _make_own(tmp_path, monkeypatch)
        with AuditLog(settings(tmp_path), CHAIN) as log:
            log.append("fault", where="here", what="x" * 200)
    report = verify_chain(tmp_path, CHAIN)
    assert report.problems == ()
    assert report.entries == 61  # and log.opened
    assert [e.sequence for e in read_chain(tmp_path, CHAIN)] == list(range(1, 62))
    assert chains_in(tmp_path) == [CHAIN]
    assert take_checkpoint(tmp_path, _now()).heads[CHAIN] == log.head
    assert take_checkpoint(tmp_path, _now(), newest_only=True).heads[CHAIN] == log.head
    own = tmp_path / "somebody"
    assert len(list(own.glob("*.jsonl"))) > 1  # full ones and the growing one
    (own / f"{CHAIN}.jsonl").unlink()
    assert verify_chain(tmp_path, CHAIN).problems


def test_a_link_is_no_folder_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    audit = tmp_path / "audit"
    audit.mkdir()
    _name_user(monkeypatch)
    (audit / "somebody").symlink_to(tmp_path / "elsewhere")
    assert own_folder(audit) == audit


def _make_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _name_user(monkeypatch)
    (folder / "somebody").mkdir()


def _name_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name="somebody"))


def _now() -> datetime:
    return datetime.now(timezone.utc)
