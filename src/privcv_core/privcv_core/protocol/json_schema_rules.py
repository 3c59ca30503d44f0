# SPDX-License-Identifier: Apache-2.0
"""The schema as a guarantee, for what leaves a device as JSON beside its reports.

Every text, number, list and table of it is bounded, nothing unknown is taken, and no name is that
of something that changes with how many people are in front of a camera.
"""

from collections.abc import Iterator, Mapping
from typing import Any

TELL_OF_PEOPLE = frozenset(
    {"load", "cpu", "gpu", "frame", "frames", "fps", "late", "lateness", "latency", "temperature"}
    | {"people", "persons", "tracks", "detections", "count", "memory", "queue"}
)
"""Words that no name may hold: with them, figures of an empty and of a full room differ."""

_NEEDED: Mapping[str, tuple[frozenset[str], ...]] = {
    "string": (frozenset({"maxLength"}), frozenset({"pattern"}), frozenset({"format"}),
               frozenset({"enum"}), frozenset({"const"})),
    "integer": (frozenset({"minimum", "maximum"}), frozenset({"const"})),
    "array": (frozenset({"maxItems"}),),
}  # fmt: skip


def find_violations(schema: Mapping[str, Any]) -> list[str]:
    """What breaks the rules in a JSON schema as pydantic makes it, in words; each with its name."""
    return list(_found(schema, "body"))


def _found(part: Any, name: str) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _found(one, name)
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if isinstance(kind, str):
        yield from _broken(part, kind, name)
    for key, one in part.items():
        if key in ("properties", "$defs"):
            for inner, content in one.items():
                words = set(inner.lower().split("_")) if key == "properties" else set()
                for word in sorted(words & TELL_OF_PEOPLE):
                    yield f"{inner}: tells of '{word}'"
                yield from _found(content, inner)
        elif key not in ("enum", "const", "examples", "required", "default"):
            yield from _found(one, name)


def _broken(part: Mapping[str, Any], kind: str, name: str) -> Iterator[str]:
    wanted = _NEEDED.get(kind)
    if wanted is not None and not any(one <= part.keys() for one in wanted):
        yield f"{name}: a {kind} without a bound"
    if kind == "object" and "properties" in part and part.get("additionalProperties") is not False:
        yield f"{name}: takes members that it does not name"
    if kind == "object" and "properties" not in part and "maxProperties" not in part:
        yield f"{name}: a table without a bound"
