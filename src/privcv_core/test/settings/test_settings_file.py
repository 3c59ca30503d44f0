# SPDX-License-Identifier: Apache-2.0
"""The settings file of a process: what is in it, and that nobody else could have written it."""

import os
from pathlib import Path

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings import settings_file
from privcv_core.settings.settings_file import read_settings_file

TEXT = "nodes:\n  /lobby/tracking: {camera: lobby}\ngraph_secret_file: graph.secret\n"


def written(folder: Path, text: str = TEXT, mode: int = 0o600) -> Path:
    path = folder / "x.settings.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_each_node_finds_its_settings(tmp_path: Path) -> None:
    file = read_settings_file(written(tmp_path))
    assert file.of_node("/lobby/tracking") == {"camera": "lobby"}
    assert file.graph_secret_file == tmp_path / "graph.secret"
    with pytest.raises(SettingsError, match="has no settings of /uplink; it has those of /lobby"):
        file.of_node("/uplink")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match="chmod go-w"):
        read_settings_file(written(tmp_path, mode=mode))


def test_links_pipes_folders_and_floods_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(written(tmp_path))
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, tmp_path / "missing"):
        with pytest.raises(SettingsError, match=str(path)):
            read_settings_file(path)
    monkeypatch.setattr(settings_file, "MAX_BYTES", 10)
    with pytest.raises(SettingsError, match="larger than 10 bytes"):
        read_settings_file(written(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    os.chown(path, 65534, 65534)
    with pytest.raises(SettingsError, match="belongs to another user"):
        read_settings_file(path)


@pytest.mark.parametrize("text", ["[1]", "nodes: {}", "nods: {/x: {}}", "{", "\x00", "nodes: 5"])
def test_what_is_no_settings_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"x\.settings\.yaml"):
        read_settings_file(written(tmp_path, text))
