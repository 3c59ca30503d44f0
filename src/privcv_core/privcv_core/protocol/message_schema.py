# SPDX-License-Identifier: Apache-2.0
"""The schema as a guarantee: no message of privcv can hold an image, or grow without bound.

The rules, from the interface definitions themselves:

- no sequence or array of ``byte``, ``char``, ``uint8`` or ``int8`` longer than 4;
- no sequence or array of wider numbers that takes more than 8 KiB: the 4,096 cells of a tick. Those
  are as many numbers as 64 x 64 pixels, so their receiver also refuses lists in which the cells
  of a person are not sorted and distinct, as pixels that got there by mistake are not;
- no message that can take more than 32 KiB as a whole;
- every sequence has an upper bound, and every string one of at most 64;
- no ``std_msgs/Header``, whose ``frame_id`` is unbounded (it is found as an unbounded string).

There is one exception, by type and field: the sealed shares of ``privcv_msgs/SecureReport``, bytes
that nobody on the device can look into. So their receiver refuses every length but the one that
the task implies, and whoever makes them is the process that sees counts and never an image.

Works on message classes, so that the same check runs on the types of a live graph.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rosidl_parser.definition import (
    AbstractString,
    Array,
    BasicType,
    BoundedSequence,
    BoundedString,
    NamespacedType,
    UnboundedSequence,
)

from privcv_core.protocol.secure_release import LONGEST_REPORT

LONGEST_STRING = 64
LONGEST_BYTES = 4
LARGEST_ARRAY_BYTES = 8192
LARGEST_MESSAGE_BYTES = 32768
BYTE_TYPES = ("octet", "char", "uint8", "int8", "boolean")
SIZES = {
    "boolean": 1, "octet": 1, "char": 1, "wchar": 2, "uint8": 1, "int8": 1, "uint16": 2,
    "int16": 2, "uint32": 4, "int32": 4, "uint64": 8, "int64": 8, "float": 4, "double": 8,
    "long double": 16,
}  # fmt: skip
OPAQUE = {("privcv_msgs/SecureReport", "report"): LONGEST_REPORT}
"""The fields that may be bytes in a row, and of how many at most."""
UNBOUNDED = None


@dataclass(frozen=True)
class Violation:
    """A field that could hold what must not leave: ``field`` is its dotted path."""

    message: str
    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.message}: {self.field} {self.rule}"


def find_violations(message: Any) -> list[Violation]:
    """Every field of a message class, and of the messages in it, that breaks a rule."""
    name = _name_of(message)
    found = [Violation(name, path, rule) for path, rule in _walk(message, "")]
    size = largest_size(message)
    if size is not None and size > LARGEST_MESSAGE_BYTES:
        rule = f"can take {size} bytes; {LARGEST_MESSAGE_BYTES} may be"
        found.append(Violation(name, "the whole message", rule))
    return found


def largest_size(message: Any) -> int | None:
    """Upper bound of the serialized size, bytes with CDR's encapsulation; ``None``: unbounded."""
    end = _end_of_fields(message, 0)
    return None if end is None else end + 4


def messages_of(package: str) -> list[Any]:
    """All message classes of a ROS package, with the requests and responses of its services."""
    found: list[Any] = []
    module = import_module(f"{package}.msg")
    found += [getattr(module, name) for name in sorted(dir(module)) if _is_message(module, name)]
    try:
        services = import_module(f"{package}.srv")
    except ModuleNotFoundError:
        return found
    for name in sorted(dir(services)):
        service = getattr(services, name)
        if hasattr(service, "Request") and hasattr(service, "Response"):
            found += [service.Request, service.Response]
    return found


def _is_message(module: Any, name: str) -> bool:
    return hasattr(getattr(module, name), "get_fields_and_field_types")


def _name_of(message: Any) -> str:
    return f"{message.__module__.split('.')[0]}/{message.__name__}"


def _walk(message: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for name, kind in _fields(message):
        path = f"{prefix}{name}"
        yield from _check(kind, path, OPAQUE.get((_name_of(message), name), LONGEST_BYTES))


def _check(kind: Any, path: str, most_bytes: int = LONGEST_BYTES) -> Iterator[tuple[str, str]]:
    if isinstance(kind, NamespacedType):
        yield from _walk(_class_of(kind), f"{path}.")
    elif isinstance(kind, UnboundedSequence):
        yield path, "is a sequence without an upper bound"
        yield from _check(kind.value_type, f"{path}[]")
    elif isinstance(kind, (BoundedSequence, Array)):
        length = kind.size if isinstance(kind, Array) else kind.maximum_size
        item = kind.value_type
        if isinstance(item, BasicType) and item.typename in BYTE_TYPES:
            if length > most_bytes:
                yield path, f"can hold {length} bytes in a row, as pixels do; {most_bytes} may"
        elif isinstance(item, BasicType) and length * SIZES[item.typename] > LARGEST_ARRAY_BYTES:
            taken = length * SIZES[item.typename]
            yield path, f"can take {taken} bytes of numbers; {LARGEST_ARRAY_BYTES} may be"
        yield from _check(item, f"{path}[]")
    elif isinstance(kind, BoundedString):
        if kind.maximum_size > LONGEST_STRING:
            yield path, f"is a string of up to {kind.maximum_size}; {LONGEST_STRING} may be"
    elif isinstance(kind, AbstractString):
        yield path, "is a string without an upper bound"


def _end_of_fields(message: Any, start: int) -> int | None:
    position: int | None = start
    for _, kind in _fields(message):
        if position is None:
            return UNBOUNDED
        position = _end(kind, position)
    return position


def _end(kind: Any, position: int) -> int | None:
    """Where a field that starts at ``position`` ends at the latest."""
    if isinstance(kind, BasicType):
        size = SIZES[kind.typename]
        return _aligned(position, min(size, 8)) + size
    if isinstance(kind, BoundedString):
        return _aligned(position, 4) + 4 + int(kind.maximum_size) + 1
    if isinstance(kind, NamespacedType):
        return _end_of_fields(_class_of(kind), position)
    if isinstance(kind, (Array, BoundedSequence)):
        length = kind.size if isinstance(kind, Array) else kind.maximum_size
        end: int | None = position
        if isinstance(kind, BoundedSequence):
            end = _aligned(position, 4) + 4
        for _ in range(length):
            if end is None:
                return UNBOUNDED
            end = _end(kind.value_type, end)
        return end
    return UNBOUNDED


def _aligned(position: int, size: int) -> int:
    return position + -position % size


def _fields(message: Any) -> list[tuple[str, Any]]:
    return list(zip(message.get_fields_and_field_types(), message.SLOT_TYPES, strict=True))


def _class_of(kind: NamespacedType) -> Any:
    return getattr(import_module(".".join(kind.namespaces)), kind.name)
