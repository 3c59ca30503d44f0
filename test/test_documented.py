# SPDX-License-Identifier: Apache-2.0
"""Every command, setting, topic, service, message, endpoint and exit status says what it is.

The reference of the site is made of what they say (``tools/reference_pages.py``). What there is to
say is found here in another way: in the sources, and by calling what is there.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import reference_pages
import yaml
from reference_pages import METHODS, PAGES, Setting, root

from privcv_collector.settings import CollectorSettings
from privcv_core.errors import EXIT_STATUSES
from privcv_site.site import Site

ROOT = Path(__file__).resolve().parents[1]
MAKE_AN_ENDPOINT = {
    "create_publisher": 1, "create_subscription": 1, "create_service": 1, "create_client": 1,
    "listen": 1, "listen_dated": 1,
}  # fmt: skip
"""A node's method: which of its arguments names the topic or the service."""
OF_EVERY_NODE = {"diagnostics"}
ELSEWHERE = dict.fromkeys(("guard_watch.py", "release_publishers.py", "renewal.py"), "aggregation")
"""Parts of a node that lie beside it: whose they are."""


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: page() for name, page in PAGES.items()}


def test_every_command_and_option(pages: dict[str, str]) -> None:
    missing = []
    for words, command in reference_pages.commands():
        assert f"## {words}\n" in pages["commands.md"]
        if not (command.help or "").strip():
            missing.append(words)
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not (parameter.help or "").strip():
                missing.append(f"{words} {parameter.opts[0]}")
    assert not missing


def test_every_command_of_the_sources_is_among_them() -> None:
    called = {command.callback for _, command in reference_pages.commands()}
    names = {(one.__module__, one.__name__) for one in called if one is not None}
    for path in ROOT.glob("src/privcv_*/privcv_*/cli/*.py"):
        module = ".".join(path.relative_to(path.parents[2]).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                map(_makes_a_command, node.decorator_list)
            ):
                assert (module, node.name) in names, f"{module}.{node.name}: called by nothing"


def _makes_a_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(".command")


@pytest.mark.parametrize("model", [Site, CollectorSettings])
def test_every_setting(pages: dict[str, str], model: type) -> None:
    settings = list(reference_pages.settings_of(model))
    assert not [one.key for one in settings if not one.description.strip()]
    for one in settings:
        assert f"| `{one.key}` |" in pages["settings.md"]


def test_settings_of_every_depth_are_found() -> None:
    """Against the schema that pydantic itself makes of the site file."""
    found = {one.key.replace("NAME.", "") for one in reference_pages.settings_of(Site)}
    schema = Site.model_json_schema()
    assert set(_keys(schema, schema)) <= found


def _keys(part: dict, whole: dict, prefix: str = "", depth: int = 0) -> Iterator[str]:
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].rsplit("/", 1)[1]]
    for alternative in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        yield from _keys(alternative, whole, prefix, depth)
    if isinstance(inner := part.get("additionalProperties"), dict):
        yield from _keys(inner, whole, prefix, depth + 1)
    if isinstance(inner := part.get("items"), dict):
        yield from _keys(inner, whole, prefix, depth + 1)
    for name, inner in part.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from _keys(inner, whole, f"{prefix}{name}.", depth + 1)


def test_a_setting_without_a_word_is_found() -> None:
    from pydantic import BaseModel, Field

    class Inner(BaseModel):
        silent: int = 3

    class Outer(BaseModel):
        named: dict[str, Inner] = Field(description="some")

    listed = list(reference_pages.settings_of(Outer))
    assert listed[1] == Setting("named.NAME.silent", "whole number", "3", "")


def test_every_topic_and_service_of_a_node_stands_in_its_module() -> None:
    said = {path.stem: ast.get_docstring(_parsed(path)) for path in reference_pages.node_files()}
    assert len(said) >= 6
    unsaid = []
    for path in ROOT.glob("src/*/privcv_*/nodes/*.py"):
        owner = ELSEWHERE.get(path.name, path.stem)
        for name in _endpoints(_parsed(path)):
            if name not in OF_EVERY_NODE and name not in (said.get(owner) or ""):
                unsaid.append(f"{path.name}: {name}")
    assert not unsaid


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _endpoints(tree: ast.Module) -> Iterator[str]:
    """The last word of each topic and service that is made with a name in the code."""
    texts = {
        target.id: value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in _assigned(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            position = MAKE_AN_ENDPOINT.get(node.func.attr)
            if position is not None and len(node.args) > position:
                name = node.args[position]
                name = texts.get(name.id, name) if isinstance(name, ast.Name) else name
                words = re.findall(r"[a-z_]+", ast.unparse(name).split("/")[-1].strip("'\""))
                if isinstance(name, (ast.Constant, ast.JoinedStr)):
                    yield words[-1]


def _assigned(node: ast.Assign) -> Iterator[tuple[ast.Name, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=True):
                if isinstance(one, ast.Name):
                    yield one, value


def test_every_field_of_a_message(pages: dict[str, str]) -> None:
    files = reference_pages.interfaces()
    assert {path.suffix for path in files} == {".msg", ".srv"}
    silent = []
    for path in files:
        assert f"## {path.stem}\n" in pages["messages.md"]
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# "), f"{path}: does not begin with what it is"
        # The values of an enumeration need no word each, nor do two lists that one comment is of.
        fields = [
            line for line in lines if re.match(r"[a-z]", line) and "=" not in line.split("#")[0]
        ]
        silent += [f"{path.stem}: {line}" for line in fields if "#" not in line]
    assert not silent


def test_every_endpoint(pages: dict[str, str]) -> None:
    for path, methods in reference_pages.api()["paths"].items():
        for method in METHODS:
            if method in methods:
                assert f"## `{method.upper()} {path}`" in pages["api.md"]
                assert methods[method].get("summary", "").strip(), path
                assert methods[method].get("description", "").strip(), path


def test_every_exit_status(pages: dict[str, str]) -> None:
    leaves = re.compile(r"(?:sys\.exit|SystemExit|os\._exit)\((?:\D*?)(\d+)")
    for path in ROOT.glob("src/*/privcv_*/**/*.py"):
        for status in leaves.findall(path.read_text(encoding="utf-8")):
            assert int(status) in EXIT_STATUSES, f"{path}: {status}"
    for status in EXIT_STATUSES:
        assert f"| {status} |" in pages["exit-statuses.md"]


def _said_commands() -> Iterator[tuple[Path, list[str]]]:
    """Each line of a block in the documents that calls privcv, in words."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        parts = re.split(r"^```.*\n", path.read_text(), flags=re.M)  # every second one is a block
        for line in "".join(parts[1::2]).replace("\\\n", " ").splitlines():
            words = shlex.split(line.split(" #")[0].split(" | ")[0], posix=False) if line else []
            if len(words) > 1 and words[0] in ("privcv", "privcv-collector"):
                rest = words[1:] if words[0] == "privcv" else ["collector", *words[1:]]
                yield path, rest


def test_commands_in_documents_are_there() -> None:
    """A command and each of its options, wherever a page tells somebody to call it."""
    checked = 0
    for path, words in _said_commands():
        command: click.Command = root
        where = f"{path.name}: privcv {' '.join(words)}"
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            inner = command.get_command(click.Context(command), words[0])
            if inner is None:
                break
            command, words = inner, words[1:]
        if command is root:
            assert words[0] in ("--help", "--version"), where
        known = {
            name for option in command.params for name in (*option.opts, *option.secondary_opts)
        }
        used = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        if "--" in words:  # what follows is another command's
            used &= set(words[: words.index("--")])
        assert used <= {*known, "--help"}, where
        checked += 1
    assert checked > 40


def test_the_site_of_the_first_tutorial_is_one() -> None:
    page = (ROOT / "docs/tutorials/first-camera.md").read_text()
    (site,) = re.findall(r"^```yaml\n(.*?)^```", page, re.S | re.M)
    Site.model_validate(yaml.safe_load(site), context={"base": ROOT, "where": "first-camera.md"})
