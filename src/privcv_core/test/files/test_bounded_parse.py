# SPDX-License-Identifier: Apache-2.0
"""What others wrote is parsed within bounds, and refused as ``ValueError`` beyond them."""

import pytest
import yaml

from privcv_core.files.bounded_parse import MAX_DEPTH, MAX_VALUES, parse_json, parse_yaml


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 900, 100_000])
def test_deep_texts_are_refused(depth: int) -> None:
    text = "[" * depth + "]" * depth
    for parse in (parse_json, parse_yaml) if depth < 1000 else (parse_json,):
        with pytest.raises(ValueError, match="deeper"):
            parse(text)
    assert parse_json("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)


def test_large_texts_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(ValueError, match="larger than 4 bytes"):
        parse_json("[1,2]", 4)
    with pytest.raises(ValueError, match="values"):
        parse_json("[" + "1," * MAX_VALUES + "1]")


@pytest.mark.parametrize("multiply", ["[{0}, {0}]", "{{<<: [{0}, {0}]}}", "[{0}, {0}, {0}, {0}]"])
def test_aliases_that_multiply_are_refused(multiply: str) -> None:
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} " + multiply.format(f"*a{n - 1}") for n in range(1, 40)]
    with pytest.raises((ValueError, yaml.YAMLError)):
        parse_yaml("\n".join(lines))


def test_an_alias_of_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="deeper"):
        parse_yaml("a: &a [*a]")


def test_ordinary_texts_with_aliases_are_read() -> None:
    assert parse_yaml("a: &a {k: 1}\nb: {<<: *a, l: 2}") == {"a": {"k": 1}, "b": {"k": 1, "l": 2}}
