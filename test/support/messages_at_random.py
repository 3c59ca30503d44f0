# SPDX-License-Identifier: Apache-2.0
"""Messages and requests of any ROS type, made by hypothesis from the fields that the type has.

Values come from all over a type, from its edges, and from what our graph means something by; and
from valid messages as bytes of which some were changed, cut off or added.
"""

import array
import importlib
import random
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from rclpy.serialization import serialize_message

WORDS = ("", "lobby", "door", "floor", "guard", "/aggregation", "url", "source.uri", "{{1}}", "é\0")
LONGEST = 8  # of a sequence whose items differ; one item is repeated up to the bound
_EDGES = {"float": 1e38, "double": 1e308}
_now_s = int(time.time())


def each(kind: Any, number: int, use: Callable[[Any], object], chosen: int | None) -> None:
    """``use`` each of ``number`` messages of ``kind``; every fourth as bytes that are changed.

    ``chosen``: seed of all that is drawn; None: the same messages at every run.
    """
    drawn = st.one_of(*[messages(kind)] * 3, changed(kind))

    @settings(
        max_examples=number, derandomize=chosen is None, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(drawn)
    def used(message: Any) -> None:
        use(message)

    (used if chosen is None else seed(chosen)(used))()


def messages(kind: Any) -> st.SearchStrategy[Any]:
    """Messages of the class ``kind``."""
    fields = {
        name: _values(type_name) for name, type_name in kind.get_fields_and_field_types().items()
    }
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: kind(**values))


@st.composite
def changed(draw: st.DrawFn, kind: Any) -> bytes:
    """The bytes of a message of ``kind``, some of them changed; or bytes that are none."""
    wire = bytearray(serialize_message(draw(messages(kind))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(4, max(4, len(wire) - 1)))
        wire[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    if draw(st.booleans()):
        wire = wire[: draw(st.integers(4, max(4, len(wire))))]
    return bytes(wire) if draw(st.integers(0, 9)) else b"\0\1\0\0" + draw(st.binary(max_size=400))


def class_of(type_name: str) -> Any:
    """The class of a type such as ``privcv_msgs/msg/Tracks`` or ``privcv_msgs/AnonymousTrack``."""
    package, *middle, name = type_name.split("/")
    return getattr(importlib.import_module(f"{package}.{middle[0] if middle else 'msg'}"), name)


def _values(type_name: str) -> st.SearchStrategy[Any]:
    if type_name.startswith("sequence<"):
        inner, _, bound = type_name[len("sequence<") : -1].partition(",")
        most = int(bound or 64)
        items = _values(inner.strip())
        few = st.lists(items, max_size=min(most, LONGEST))
        many = st.builds(lambda item, count: [item] * count, items, st.integers(0, most))
        return st.one_of(few, many).map(_as_sequence(inner.strip()))
    if type_name.endswith("]"):
        inner, _, count = type_name[:-1].partition("[")
        return st.lists(_values(inner), min_size=int(count), max_size=int(count))
    if "/" in type_name:
        if type_name == "builtin_interfaces/Time":
            return _times(class_of(type_name))
        return messages(class_of(type_name))
    return _scalars(type_name)


def _scalars(type_name: str) -> st.SearchStrategy[Any]:
    if type_name == "boolean":
        return st.booleans()
    if type_name in ("octet", "byte"):
        return st.binary(min_size=1, max_size=1)
    if type_name.startswith("uint"):
        return _integers(0, 2 ** int(type_name[4:]) - 1)
    if type_name.startswith("int"):
        bits = int(type_name[3:]) - 1
        return _integers(-(2**bits), 2**bits - 1)
    if type_name in _EDGES:
        most = _EDGES[type_name]
        edges = st.sampled_from([0.0, -1.0, float("nan"), float("inf"), -float("inf"), most])
        return edges | (st.floats(width=32) if type_name == "float" else st.floats(width=64))
    if type_name.startswith("string"):
        bound = int(type_name.partition("<")[2].strip("=>") or 64)
        # No surrogates: they have no UTF-8, so that they cannot leave this process.
        plain = st.characters(exclude_categories=["Cs"])
        words = st.sampled_from([word for word in WORDS if len(word.encode()) <= bound])
        return words | st.text(plain, max_size=bound // 4) | st.just("x" * bound)
    raise NotImplementedError(f"no values for fields of type {type_name}")


def _integers(least: int, most: int) -> st.SearchStrategy[int]:
    edges = {least, most, *(value for value in (-1, 0, 1, 2, 5, 100) if least <= value <= most)}
    return st.sampled_from(sorted(edges)) | st.integers(least, most)


def _times(kind: Any) -> st.SearchStrategy[Any]:
    seconds = st.sampled_from([0, -(2**31), 2**31 - 1, _now_s]) | st.integers(-(2**31), 2**31 - 1)
    return st.builds(kind, sec=seconds, nanosec=_integers(0, 2**32 - 1))


def _as_sequence(inner: str) -> Callable[[list[Any]], Any]:
    code = {"uint8": "B", "float": "f", "double": "d"}.get(inner)
    return (lambda items: array.array(code, items)) if code else list


def random_seed() -> int:
    """A seed that nobody chose, to be told where a run fails."""
    return random.SystemRandom().getrandbits(32)
