# SPDX-License-Identifier: Apache-2.0
"""The settings file of a process: what its nodes are told, once, by whoever started them.

::

    nodes:
      /lobby/detection: {camera: lobby, source: {kind: rtsp, uri: "rtsp://…"}, …}
    graph_secret_file: /var/lib/privcv/graph.secret      # optional: messages are authenticated
    at_rest_key: /etc/privcv/at-rest.key                 # optional: what is kept is encrypted
    at_rest_check: /var/lib/privcv/at-rest.check         # by which a wrong key is found

A node that was given one has no ROS parameters: nobody on the graph can read or change what it
was told. The file is opened without following links, belongs to this user or root, and nobody
else can write it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from privcv_core.errors import SettingsError
from privcv_core.files.bounded_parse import parse_yaml
from privcv_core.files.regular_file import open_to_read
from privcv_core.settings.key_source import KeySource
from privcv_core.settings.model import PathSetting, Settings, parse_settings, what_is_wrong

MAX_BYTES = 4_194_304


class _Content(Settings):
    nodes: dict[str, dict[str, Any]] = Field(
        min_length=1, description="Settings of each node, by its full name."
    )
    graph_secret_file: PathSetting | None = Field(
        None, description="The secret by which the processes of a graph know each other."
    )
    at_rest_key: KeySource | None = Field(None, description="The keys of what is kept.")
    at_rest_check: PathSetting | None = Field(
        None, description="A text that the keys open, made where it is missing."
    )


@dataclass(frozen=True)
class SettingsFile:
    """What stood in the file when the process started."""

    path: Path
    nodes: Mapping[str, Mapping[str, Any]]
    graph_secret_file: Path | None = None
    at_rest_key: Path | str | None = None
    at_rest_check: Path | None = None

    def of_node(self, name: str) -> dict[str, Any]:
        """The settings of the node with this full name. Raises ``SettingsError``."""
        try:
            return dict(self.nodes[name])
        except KeyError as error:
            known = ", ".join(sorted(self.nodes))
            raise SettingsError(
                f"{self.path}: nodes: has no settings of {name}; it has those of {known}"
            ) from error


def read_settings_file(path: Path | str) -> SettingsFile:
    """Read a settings file. Raises ``SettingsError`` naming the file and the fix."""
    path = Path(path)
    try:
        with open_to_read(path) as file:
            _refuse_if_not_ours(path, os.fstat(file.fileno()))
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read as settings: {error.strerror}") from error
    try:
        content = parse_yaml(text.decode(), MAX_BYTES)
    except (ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: is not valid YAML: {what_is_wrong(error)}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: must hold 'nodes:' with the settings of each node by name")
    given = parse_settings(_Content, content, where=str(path), base=path.resolve().parent)
    return SettingsFile(
        path, given.nodes, given.graph_secret_file, given.at_rest_key, given.at_rest_check
    )


def _refuse_if_not_ours(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (0, os.geteuid()):
        raise SettingsError(f"{path}: belongs to another user, who could change what it says")
    if status.st_mode & 0o022:
        raise SettingsError(f"{path}: others can write it; run 'chmod go-w {path}'")
