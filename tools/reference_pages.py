#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the reference: every command, setting, topic, message, endpoint and exit status.

Nothing of it is written by hand, so that nothing can be forgotten or out of date: each page is made
of what the code itself says, and ``test/test_documented.py`` fails where it says nothing.
"""

import ast
import re
import sys
import tempfile
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from privcv_bringup.cli import root
from privcv_collector.api.app import create_app
from privcv_collector.collector import Collector
from privcv_collector.settings import CollectorSettings
from privcv_core.errors import EXIT_STATUSES
from privcv_site.site import Site

ROOT = Path(__file__).resolve().parent.parent
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Setting:
    """One key of a settings file. ``key``: with dots; NAME stands for a name that is chosen."""

    key: str
    type: str
    default: str
    description: str


def commands(
    group: click.Command = root, path: tuple[str, ...] = ("privcv",)
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(group, click.Group):
        yield " ".join(path), group
        return
    context = click.Context(group)
    if group.invoke_without_command:
        yield " ".join(path), group
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, (*path, name))


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """The keys of a settings model, those of the models in it after their own."""
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        if field.is_required():
            default = "required"
        elif field.default is PydanticUndefined or isinstance(field.default, BaseModel):
            default = ""
        else:
            default = "none" if field.default is None else str(field.default)
        yield Setting(key, type_name(field.annotation), default, field.description or "")
        for inside, models in inner_models(field.annotation):
            seen = set()
            for one in models:
                for setting in settings_of(one, f"{key}.{inside}"):
                    if setting not in seen:
                        seen.add(setting)
                        yield setting


def inner_models(annotation: Any, inside: str = "") -> Iterator[tuple[str, list[type[BaseModel]]]]:
    """The models in a type, and what stands between its key and theirs: ``NAME.`` in a mapping."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield inside, [annotation]
    elif origin is typing.Annotated:
        yield from inner_models(arguments[0], inside)
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from inner_models(argument, inside)
    elif origin in (dict, Mapping):
        yield from inner_models(arguments[1], f"{inside}NAME.")
    elif origin in (list, tuple):
        yield from inner_models(arguments[0], inside)


def type_name(annotation: Any) -> str:
    """A type as a user of YAML reads it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return type_name(arguments[0])
    if origin in (Union, UnionType):
        named = [type_name(one) for one in arguments if one is not type(None)]
        return " or ".join(dict.fromkeys(named))
    if origin is typing.Literal:
        return ", ".join(str(one) for one in arguments)
    if origin in (dict, Mapping):
        return f"{type_name(arguments[1])} by name"
    if origin in (list, tuple):
        return f"list of {type_name(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    words = {str: "text", int: "whole number", float: "number", bool: "true, false", Path: "path"}
    return words.get(annotation, getattr(annotation, "__name__", str(annotation)))


def node_files() -> list[Path]:
    """The modules of nodes that a graph may run."""
    found = ROOT.glob("src/*/privcv_*/nodes/*.py")
    return sorted(path for path in found if re.search(r"^def main\(", path.read_text(), re.M))


def interfaces() -> list[Path]:
    """The definitions of all messages and services."""
    return sorted((ROOT / "src/privcv_msgs").glob("*/*.[ms]*[gv]"))


def api() -> dict[str, Any]:
    """The OpenAPI description of the collector."""
    with tempfile.TemporaryDirectory() as folder:
        collector = Collector(CollectorSettings(db=f"sqlite:///{folder}/described.db"))
        try:
            return create_app(collector).openapi()
        finally:
            collector.close()


def command_page() -> str:
    """Every command, as ``--help`` shows it."""
    parts = ["# Commands", "What `--help` prints of each."]
    for words, command in commands():
        context = click.Context(command, info_name=words, max_content_width=100)
        parts += [f"## {words}", f"```text\n{command.get_help(context)}\n```"]
    return "\n\n".join(parts) + "\n"


def settings_page() -> str:
    """Every key of a site file and of the collector's limits."""
    parts = [
        "# Settings",
        "NAME stands for a name of yours. A key that is not listed is an error that names it. "
        "Where a key decides by `kind` what else may stand beside it, all that may is listed.",
    ]
    for title, model in (
        ("The site file", Site),
        ("The collector (`--limits FILE`)", CollectorSettings),
    ):
        rows = [
            f"| `{one.key}` | {cell(one.type)} | {cell(one.default)} | {cell(one.description)} |"
            for one in settings_of(model)
        ]
        head = "| key | type | default | what it is |\n| --- | --- | --- | --- |"
        parts += [f"## {title}", "\n".join([head, *rows])]
    return "\n\n".join(parts) + "\n"


def node_page() -> str:
    """Every node with its topics and services, as its module says."""
    parts = ["# Nodes, topics and services"]
    for path in node_files():
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        parts += [f"## {path.stem}", f"```text\n{said}\n```"]
    return "\n\n".join(parts) + "\n"


def message_page() -> str:
    """Every message and service, as its file says."""
    parts = ["# Messages and services"]
    for path in interfaces():
        parts += [f"## {path.stem}", f"```text\n{path.read_text(encoding='utf-8').strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def endpoint_page() -> str:
    """Every path of the collector, from its own description."""
    described = api()
    parts = ["# The collector's API", described["info"]["description"]]
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                what = methods[method]
                answers = "\n".join(
                    f"| {status} | {cell(answer['description'])} |"
                    for status, answer in what["responses"].items()
                )
                parts += [
                    f"## `{method.upper()} {path}`",
                    f"{what.get('summary', '')}. {what.get('description', '')}".strip(),
                    f"| status | |\n| --- | --- |\n{answers}",
                ]
    return "\n\n".join(parts) + "\n"


def status_page() -> str:
    """What a command ends with."""
    rows = "\n".join(f"| {status} | {cell(what)} |" for status, what in EXIT_STATUSES.items())
    return f"# Exit statuses\n\n| status | what happened |\n| --- | --- |\n{rows}\n"


def cell(text: str) -> str:
    """``text`` in a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


PAGES = {
    "commands.md": command_page,
    "settings.md": settings_page,
    "nodes.md": node_page,
    "messages.md": message_page,
    "api.md": endpoint_page,
    "exit-statuses.md": status_page,
}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
