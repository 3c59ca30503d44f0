# SPDX-License-Identifier: Apache-2.0
"""The collector's SQLite file, its log and its index are the owner's alone."""

import os
import stat

import pytest

from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import open_database


@pytest.fixture(autouse=True)
def _usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_a_new_database_is_its_owners_alone(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/totals.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        found = modes(tmp_path)
    assert {"totals.db", "totals.db-wal", "totals.db-shm"} <= set(found)
    assert set(found.values()) == {0o600}


def test_a_database_that_others_could_read_is_taken_from_them(tmp_path, caplog):
    path = tmp_path / "totals.db"
    open_database(f"sqlite:///{path}").dispose()
    path.chmod(0o644)
    (tmp_path / "totals.db-wal").touch(0o644)
    open_database(f"sqlite:///{path}").dispose()
    assert set(modes(tmp_path).values()) == {0o600}
    assert "was open to others (644)" in caplog.text


def test_a_folder_that_others_may_write_in_is_told(tmp_path, caplog):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    open_database(f"sqlite:///{tmp_path}/open/totals.db").dispose()
    assert "others may write in this folder" in caplog.text


def test_a_pipe_or_a_planted_log_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.db")
    with pytest.raises(CollectorError, match="not a regular file"):
        open_database(f"sqlite:///{tmp_path}/pipe.db")
    (tmp_path / "totals.db-wal").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CollectorError, match="is a link"):
        open_database(f"sqlite:///{tmp_path}/totals.db")
