# SPDX-License-Identifier: Apache-2.0
"""Devices believe only codes of the one table: each refusal in the collector's code is in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import privcv_collector
from privcv_core.protocol.refusal_codes import REFUSALS, refusal_code

PACKAGE = Path(privcv_collector.__file__).parent


def refusals_in_the_code() -> Iterator[tuple[int, str]]:
    """Status and code of every ``Refused(...)`` that is written with both as constants."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Refused"
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[1], ast.Constant)
            ):
                yield node.args[0].value, node.args[1].value


def test_every_refusal_of_the_collector_is_one_that_devices_know() -> None:
    found = set(refusals_in_the_code())
    assert len(found) > 15
    for status, code in found:
        if status != 200:
            content = {"error": code, "message": "in words"}
            assert refusal_code(status, content) == code, (status, code)


def test_the_table_holds_no_code_that_nobody_gives() -> None:
    words = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for codes in REFUSALS.values():
        for code in codes:
            assert f'"{code}"' in words, code
