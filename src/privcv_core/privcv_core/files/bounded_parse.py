# SPDX-License-Identifier: Apache-2.0
"""The parser of JSON and YAML that others wrote: bounded in size, depth and number of values.

Without bounds a deep text ends in ``RecursionError``, which no caller expects, and a few lines of
YAML aliases stand for more values than there is memory ("billion laughs").
"""

import json
from typing import Any

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_VALUES = 200_000


def parse_json(text: bytes | str, max_bytes: int = MAX_BYTES) -> Any:
    """The content of a JSON text; raises ``ValueError`` for what is not one, or beyond a bound."""
    _check_size(text, max_bytes)
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError(f"is nested deeper than {MAX_DEPTH}") from error
    _check_content(content)
    return content


def parse_yaml(text: str, max_bytes: int = MAX_BYTES) -> Any:
    """The content of a YAML text (safe types only); raises ``ValueError`` and ``YAMLError``."""
    _check_size(text, max_bytes)
    try:
        content = yaml.load(text, Loader=_BoundedLoader)  # noqa: S506 a SafeLoader
    except RecursionError as error:
        raise ValueError(f"is nested deeper than {MAX_DEPTH}") from error
    _check_content(content)
    return content


class _BoundedLoader(yaml.SafeLoader):
    """A safe loader whose merge keys (``<<``) cannot multiply without end."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MAX_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, f"has more than {MAX_VALUES} values", node.start_mark
            )


def _check_size(text: bytes | str, max_bytes: int) -> None:
    if len(text) > max_bytes:
        raise ValueError(f"is larger than {max_bytes} bytes")


def _check_content(content: Any) -> None:
    """Walk all values, an alias as often as it stands for one, without recursion."""
    waiting = [(content, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested deeper than {MAX_DEPTH}")
        if seen + len(waiting) > MAX_VALUES:
            raise ValueError(f"has more than {MAX_VALUES} values")
        if isinstance(value, dict):
            waiting += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, (list, tuple, set)):
            waiting += [(item, depth + 1) for item in value]
