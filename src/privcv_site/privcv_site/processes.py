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
    """One lifecycle node: ``implementation`` is ``module:class``, parameters are flat."""

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

    @property
    def namespace(self) -> str:
        """The namespace that all its nodes share."""
        return self.nodes[0].namespace

    def arguments(self, parameters_file: Path) -> list[str]:
        """What follows ``python -m privcv_core.node.process``: the same for every launcher."""
        rules = [f"__ns:={self.namespace}", *(f"{a}:={b}" for a, b in self.remappings)]
        return [
            *(node.implementation for node in self.nodes),
            "--autostart",
            "--ros-args",
            "--params-file",
            str(parameters_file),
            *(word for rule in rules for word in ("-r", rule)),
        ]

    def command(self, parameters_file: Path) -> list[str]:
        """The whole command line, with this Python."""
        return [sys.executable, "-m", "privcv_core.node.process", *self.arguments(parameters_file)]


def choose(processes: Sequence[ProcessSpec], only: Sequence[str]) -> list[ProcessSpec]:
    """The processes named in ``only``, or all. Raises ``SettingsError`` for a name that is none."""
    names = [process.name for process in processes]
    for name in only:
        if name not in names:
            raise SettingsError(f"--only {name}: the processes are {', '.join(names)}")
    return [process for process in processes if not only or process.name in only]


def write_parameters(process: ProcessSpec, folder: Path) -> Path:
    """Write the ROS parameter file of ``process``, readable by its owner only.

    A camera's address may hold a password, and these files outlive the command that wrote them.
    """
    content = {node.full_name: {"ros__parameters": nest(node.parameters)} for node in process.nodes}
    path = folder / f"{process.name}.params.yaml"
    text = yaml.dump(content, Dumper=_PlainDumper, sort_keys=False)
    write_atomically(path, text, mode=0o600)
    return path


class _PlainDumper(yaml.SafeDumper):
    """ROS reads no YAML aliases, which PyYAML writes where two nodes share a list."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
