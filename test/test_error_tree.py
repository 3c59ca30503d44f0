# SPDX-License-Identifier: Apache-2.0
"""The tree of errors in ``privcv_core.errors`` is that of the code, over all packages."""

import ast
import functools
import re
import textwrap
from pathlib import Path

from privcv_core import errors
from privcv_core.errors import PrivcvError

SOURCES = sorted((Path(__file__).resolve().parents[1] / "src").glob("*/privcv_*/**/*.py"))
_LINE = re.compile(r"(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)(\s.*)?")
_STEP = 4
"""How far a branch is moved in, characters."""


def test_the_tree_that_is_drawn_is_that_of_the_classes() -> None:
    """Names with an underscore are for the control flow of one file and reach nobody."""
    public = {edge for edge in declared() if not edge[0].startswith("_")}
    assert drawn(errors.__doc__ or "") == public


def test_each_says_what_it_is() -> None:
    undocumented = [name for name, (_, text) in classes().items() if not text]
    assert not set(undocumented) & {name for name, _ in declared()}


def declared() -> set[tuple[str, str]]:
    """(error, its base) for each class that derives from ``PrivcvError``, in any package."""
    edges, known = set[tuple[str, str]](), {PrivcvError.__name__}
    while True:
        new = {(name, base) for name, (bases, _) in classes().items() for base in bases & known}
        if new == edges:
            return edges
        edges = new
        known |= {name for name, _ in new}


@functools.cache
def classes() -> dict[str, tuple[set[str], str | None]]:
    """The bases and the docstring of each class in the sources, by name.

    They are read and not imported: some modules harden the process that imports them.
    """
    return {
        node.name: (
            {ast.unparse(base).split(".")[-1] for base in node.bases},
            ast.get_docstring(node),
        )
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }


def drawn(text: str) -> set[tuple[str, str]]:
    """(error, its base) as the tree in a docstring draws them."""
    block = text.partition("::\n")[2].strip("\n").partition("\n\n")[0]
    edges, above = set(), list[str]()
    for line in textwrap.dedent(block).splitlines():
        match = _LINE.fullmatch(line)
        assert match is not None, line
        depth = len(match["branch"]) // _STEP
        del above[depth:]
        if above:
            edges.add((match["name"], above[-1]))
        above.append(match["name"])
    return edges
