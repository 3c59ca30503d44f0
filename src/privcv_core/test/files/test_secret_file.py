# SPDX-License-Identifier: Apache-2.0
"""The reader of secret files says what is wrong and how to mend it; it follows no strange link.

That every reader of a secret uses it, with each kind of file, is tested in ``test_secret_files``.
"""

import os
from pathlib import Path

import pytest

from privcv_core.errors import KeyFileError
from privcv_core.files.secret_file import check_secret, read_secret, read_secret_text


def secret(path: Path, content: bytes = b"secret\n", mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_whole_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = secret(tmp_path / "s", b"x" * 100)
    assert read_secret(path, 100) == b"x" * 100
    with pytest.raises(KeyFileError, match="larger than 99 bytes"):
        read_secret(path, 99)


def test_text_is_text(tmp_path: Path) -> None:
    assert read_secret_text(secret(tmp_path / "s", "pä$$\n".encode())) == "pä$$\n"
    with pytest.raises(KeyFileError, match="is not text"):
        read_secret_text(secret(tmp_path / "t", b"\xff\xfe"))


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"s: cannot be read: No such file .*; make one"):
        read_secret(tmp_path / "s", if_missing="make one")
    with pytest.raises(KeyFileError, match="null"):
        read_secret(Path("a\0b"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret(tmp_path / "s", mode=mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        check_secret(path)


def test_a_credential_is_one_wherever_its_folder_is_named_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "var").symlink_to("run")
    secret(tmp_path / "run" / "key", mode=0o440)
    for named, read in (("run", "var"), ("var", "run"), ("run/", "run/../run")):
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", f"{tmp_path}/{named}")
        check_secret(Path(f"{tmp_path}/{read}/key"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
    with pytest.raises(KeyFileError):
        check_secret(tmp_path / "run" / "key")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="not a regular file"):
        read_secret(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a link away")
def test_a_link_that_another_user_made_is_refused(tmp_path: Path) -> None:
    """Else a stranger's link in a shared folder would have us send another secret of ours."""
    secret(tmp_path / "s")
    for name, to in (("first", "s"), ("second", "first")):
        (tmp_path / name).symlink_to(to)
    assert read_secret(tmp_path / "second") == b"secret\n"
    os.lchown(tmp_path / "first", 12345, 12345)
    with pytest.raises(KeyFileError, match="first: is a link that another user made"):
        read_secret(tmp_path / "second")
