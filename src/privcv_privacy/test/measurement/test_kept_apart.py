# SPDX-License-Identifier: Apache-2.0
"""Measurements know true identities and draw seeded noise: the product knows nothing of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import privcv_privacy

FOLDER = Path(privcv_privacy.__file__).parent


def sources() -> Iterator[tuple[str, str, set[str]]]:
    """Each file of the package: path, text, and the modules that it imports."""
    for path in FOLDER.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        names = {
            alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
        } | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        yield path.relative_to(FOLDER).as_posix(), text, names


def test_only_measurements_can_be_seeded():
    """No module of the product imports a random generator, save those that measure."""
    users = {
        name
        for name, text, imports in sources()
        if "random" in imports or "np.random" in text or "numpy.random" in text
    }
    assert users
    assert all(name.startswith("measurement/") for name in users), users


def test_nothing_on_a_device_imports_a_measurement():
    users = {
        name.split("/")[0]
        for name, _, imports in sources()
        if any(module.startswith("privcv_privacy.measurement") for module in imports)
    }
    assert users == {"measurement", "cli"}
