# SPDX-License-Identifier: Apache-2.0
"""The secret of a graph: made once, whoever comes first, and read by nobody else."""

import os
import stat
import threading
from pathlib import Path

import pytest

from privcv_core.errors import KeyFileError
from privcv_core.files.graph_secret import graph_secret, read_graph_secret


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state" / "graph.secret"
    first = graph_secret(path)
    assert len(first) == 32
    assert graph_secret(path) == read_graph_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["graph.secret"]


def test_all_who_start_at_once_have_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []
    path = tmp_path / "graph.secret"
    threads = [threading.Thread(target=lambda: found.append(graph_secret(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", ["", "00" * 31, "zz" * 32, "00" * 33])
def test_what_is_no_secret_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "graph.secret"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(KeyFileError, match="is not a secret"):
        graph_secret(path)


def test_one_that_others_can_use_or_that_is_a_link_is_refused(tmp_path: Path) -> None:
    path, link = tmp_path / "graph.secret", tmp_path / "link"
    graph_secret(path)
    link.symlink_to(path)
    with pytest.raises(KeyFileError):
        graph_secret(link)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="others can use it"):
        graph_secret(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_processes_of_one_group_share_it_in_the_folder_of_their_group(tmp_path: Path) -> None:
    """As systemd-tmpfiles makes the state folder: of root and a group, setgid and sticky."""
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 0, 4711)
    folder.chmod(0o3771)
    path = folder / "graph.secret"
    secret = graph_secret(path)
    assert (path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (4711, 0o640)
    os.chown(path, 4712, 4711)  # another process of the group came first
    assert graph_secret(path) == secret
    os.chown(path, 4712, 4712)
    with pytest.raises(KeyFileError):
        graph_secret(path)
