# SPDX-License-Identifier: Apache-2.0
"""An outbox takes no file that another user put beside it, and lets nobody else read its own."""

import os
import stat
from pathlib import Path

import pytest

from privcv_uplink.errors import UplinkError
from privcv_uplink.outbox.file import OutboxFile

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")


def test_a_new_outbox_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = OutboxFile(tmp_path / "outbox.db")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    file.close()
    assert modes == {0o600}


@needs_root
@pytest.mark.parametrize("name", ["outbox.db", "outbox.db-wal", "outbox.db.rescued"])
def test_another_users_file_is_not_taken_for_ours(tmp_path: Path, name: str) -> None:
    """A planted ``.rescued`` would take the place of the outbox."""
    OutboxFile(tmp_path / "outbox.db").close()
    before = (tmp_path / "outbox.db").read_bytes()
    (tmp_path / name).touch()
    os.chown(tmp_path / name, 12345, 12345)
    with pytest.raises(UplinkError, match="belongs to another user"):
        OutboxFile(tmp_path / "outbox.db")
    assert (tmp_path / "outbox.db").read_bytes() == before


@pytest.mark.parametrize("name", ["outbox.db", "outbox.db-wal", "outbox.db.rescued"])
def test_a_pipe_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(UplinkError, match="not a regular file"):
        OutboxFile(tmp_path / "outbox.db")
