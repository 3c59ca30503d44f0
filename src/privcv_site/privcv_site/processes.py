# SPDX-License-Identifier: Apache-2.0
"""The plain data that describes a running graph, and the command line of each of its processes."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from privcv_core.errors import SettingsError
from privcv_core.files.atomic_file import write_atomically
from privcv_core.settings.dotted import nest


@dataclass(frozen=True)
class NodeSpec:
    """One lifecycle node: ``implementation`` is ``module:class``, settings are flat."""

    implementation: str
    name: str
    namespace: str = "/"
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.namespace.rstrip('/')}/{self.name}"


@dataclass(frozen=True)
class ProcessSpec:
    """Nodes that share one process, which is a trust boundary, and its environment."""

    name: str
    nodes: tuple[NodeSpec, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    remappings: tuple[tuple[str, str], ...] = ()
    graph_secret: Path | None = None
    """Where the secret lies by which the processes of a graph know each other's messages."""
    at_rest_key: Path | str | None = None
    """Where the keys are by which what is kept is encrypted; None: it is in the clear."""
    at_rest_check: Path | None = None
    """By which a wrong key is found before anything is opened."""
    log_level: str = ""
    """One of ``privcv_core.settings.graph_options.LOG_LEVELS``; '' for that of ROS."""

    @property
    def namespace(self) -> str:
        """The namespace that all its nodes share."""
        return self.nodes[0].namespace

    def arguments(self, settings_file: Path) -> list[str]:
        """What follows ``python -m privcv_core.node.process``: the same for every launcher."""
        rules = [f"__ns:={self.namespace}", *(f"{a}:={b}" for a, b in self.remappings)]
        return [
            *(node.implementation for node in self.nodes),
            "--autostart",
            "--settings",
            str(settings_file),
            "--ros-args",
            *(word for rule in rules for word in ("-r", rule)),
            *(("--log-level", self.log_level) if self.log_level else ()),
        ]

    def command(self, settings_file: Path) -> list[str]:
        """The whole command line, with this Python."""
        return [sys.executable, "-m", "privcv_core.node.process", *self.arguments(settings_file)]


def choose(processes: Sequence[ProcessSpec], only: Sequence[str]) -> list[ProcessSpec]:
    """The processes named in ``only``, or all. Raises ``SettingsError`` for a name that is none."""
    names = [process.name for process in processes]
    for name in only:
        if name not in names:
            raise SettingsError(f"--only {name}: the processes are {', '.join(names)}")
    return [process for process in processes if not only or process.name in only]


def write_settings(process: ProcessSpec, folder: Path) -> Path:
    """Write the settings file of ``process``, readable by its owner only.

    A camera's address may hold a password, and these files outlive the command that wrote them.
    """
    content: dict[str, Any] = {
        "nodes": {node.full_name: nest(node.parameters) for node in process.nodes}
    }
    if process.graph_secret is not None:
        content["graph_secret_file"] = str(process.graph_secret)
    if process.at_rest_key is not None:
        content["at_rest_key"] = str(process.at_rest_key)
    if process.at_rest_check is not None:
        content["at_rest_check"] = str(process.at_rest_check)
    path = folder / f"{process.name}.settings.yaml"
    write_atomically(path, yaml.safe_dump(content, sort_keys=False), mode=0o600)
    return path
