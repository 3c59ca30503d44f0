# SPDX-License-Identifier: Apache-2.0
"""Settings as flat, dotted names: the form in which ROS parameters hold them.

>>> flatten({"zones": {"door": {"k": 5}}, "name": "lobby"})
{'zones.door.k': 5, 'name': 'lobby'}
>>> nest({"zones.door.k": 5, "name": "lobby"})
{'zones': {'door': {'k': 5}}, 'name': 'lobby'}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from privcv_core.errors import SettingsError

Trust = Literal["no", "at start", "yes"]


@dataclass(frozen=True)
class Limits:
    """What a parameter's descriptor says of one field."""

    description: str
    low: float | None
    high: float | None
    is_integer: bool


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one mapping of dotted names; ``None`` and empty lists are left out.

    ROS has no parameter type for either: an absent parameter means the default.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        elif value is not None and value != []:
            flat[f"{prefix}{name}"] = str(value) if isinstance(value, Path) else value
    return flat


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of ``flatten``. Raises ``SettingsError`` where ``a`` and ``a.b`` both stand."""
    nested: dict[str, Any] = {}
    for dotted, value in flat.items():
        *parents, leaf = dotted.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise SettingsError(f"{dotted}: '{parent}' is a value and a group at once")
        place[leaf] = value
    return nested


def to_flat(settings: BaseModel) -> dict[str, Any]:
    """The ROS parameters of ``settings``."""
    return flatten(settings.model_dump(mode="python"))


def names_of(model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[str]:
    """The dotted name of every field of ``model``, also of those that have no value.

    ``values`` (``model_dump``) gives the keys of mappings, such as the names of zones.
    """
    for name, field in model.model_fields.items():
        value = values.get(name)
        inner = _model_in(field.annotation)
        if _is_mapping(field.annotation):
            for key, item in (value or {}).items():
                names = names_of(inner, item) if inner is not None else [""]
                yield from (f"{name}.{key}.{rest}".rstrip(".") for rest in names)
        elif inner is not None:
            yield from (f"{name}.{rest}" for rest in names_of(inner, value or {}))
        else:
            yield name


def limits_of(model: type[BaseModel], dotted: str) -> Limits:
    """Description and range of the field that ``dotted`` names in ``model``."""
    field: FieldInfo | None = None
    place: Any = model
    for part in dotted.split("."):
        inner = _model_in(place)
        if inner is not None and part in inner.model_fields:
            field = inner.model_fields[part]
            place = field.annotation
        else:  # the key of a dict[Name, Settings]
            arguments = get_args(place)
            place = arguments[-1] if get_origin(place) is dict else place
    if field is None:
        return Limits("", None, None, False)
    low = _first(field.metadata, "ge", "gt")
    high = _first(field.metadata, "le", "lt")
    annotations = {field.annotation, *get_args(field.annotation)}
    is_integer = int in annotations and float not in annotations
    return Limits(field.description or "", low, high, is_integer)


def trust_of(model: type[BaseModel], dotted: str) -> Trust:
    """Whether the field that ``dotted`` names in ``model`` decides about trust: see ``TRUST``."""
    found: Trust = "yes" if _says(model.model_config) else "no"
    place: Any = model
    for part in dotted.split("."):
        inner = _model_in(place)
        if inner is None or part not in inner.model_fields:  # the key of a dict[Name, Settings]
            continue
        field = inner.model_fields[part]
        place = field.annotation
        said = _says({"json_schema_extra": field.json_schema_extra})
        nested = _model_in(place)
        if said is not None:
            found = "at start" if said == "at start" else "yes" if said else "no"
        elif (nested is not None and _says(nested.model_config)) or _holds_path(place):
            found = "yes"
    return found


def _holds_path(annotation: Any) -> bool:
    return annotation is Path or any(map(_holds_path, get_args(annotation)))


def _says(config: Any) -> bool | str | None:
    extra = config.get("json_schema_extra")
    return extra.get("trust") if isinstance(extra, dict) else None


def _is_mapping(annotation: Any) -> bool:
    return any(get_origin(candidate) is dict for candidate in (annotation, *get_args(annotation)))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _first(constraints: list[Any], *names: str) -> float | None:
    for constraint in constraints:
        for name in names:
            value: float | None = getattr(constraint, name, None)
            if value is not None:
                return value
    return None
