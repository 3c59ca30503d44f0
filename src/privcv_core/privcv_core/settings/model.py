# SPDX-License-Identifier: Apache-2.0
"""Strict settings: the one way a YAML file or ROS parameters become a typed model."""

import os
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from privcv_core.errors import SettingsError
from privcv_core.files.bounded_parse import parse_yaml
from privcv_core.files.regular_file import read_regular


class Settings(BaseModel):
    """Base of every settings model: immutable, and an unknown key is an error.

    Give every field a ``Field(description=...)`` with the unit, and its range (``ge``, ``le``):
    both become the ROS parameter's descriptor.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


TRUST: Any = {"trust": True}
"""``json_schema_extra`` of a field, or of a whole model, that decides about trust.

Where data goes, whom to believe, what protects people, which file is read: such a setting comes
from a settings file only, and is no ROS parameter. A field of a path is one without saying so."""

AT_START: Any = {"trust": "at start"}
"""``json_schema_extra`` of a field that a node may be given as a parameter when it starts, and that
nobody can change from then on."""

NO_TRUST: Any = {"trust": False}
"""``json_schema_extra`` of a field that decides nothing, in a model that does."""

LONGEST_NAME, LONGEST_PATH = 255, 4095
"""Of a path on Linux, bytes."""

M = TypeVar("M", bound=BaseModel)


def load_settings(model: type[M], path: Path | str) -> M:
    """Read a YAML file into ``model``; relative paths inside it are relative to the file.

    Raises ``SettingsError`` naming the file, the field and the fix.
    """
    path = Path(path)
    return parse_settings(model, read_mapping(path), where=str(path), base=path.resolve().parent)


def read_mapping(path: Path) -> dict[str, Any]:
    """The YAML mapping in the file ``path``, not yet checked. Raises ``SettingsError``."""
    return parse_mapping(read_settings_bytes(path), path)


def read_settings_bytes(path: Path) -> bytes:
    """The content of the settings file ``path``. Raises ``SettingsError``."""
    try:
        return read_regular(path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error


def parse_mapping(content: bytes, path: Path) -> dict[str, Any]:
    """The YAML mapping in ``content``, which was read from ``path``. Raises ``SettingsError``."""
    try:
        mapping = parse_yaml(content.decode())
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not valid YAML: {what_is_wrong(error)}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: cannot be used: {error}") from error
    if not isinstance(mapping, dict):
        raise SettingsError(f"{path}: must hold a mapping of settings, such as 'name: lobby'")
    return mapping


def parse_settings(
    model: type[M], content: dict[str, Any], where: str, base: Path | None = None
) -> M:
    """Validate ``content`` into ``model``; ``where`` names its origin in errors."""
    try:
        context = {"base": base or Path.cwd(), "where": where}
        return model.model_validate(content, context=context)
    except ValidationError as error:
        raise SettingsError(f"{where}: {describe(error, model)}") from error


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """Every problem of a validation on one line: ``field: what (fix); field: ...``."""
    problems = []
    for detail in error.errors():
        field = ".".join(str(part) for part in detail["loc"]) or "settings"
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            message = f"is not a known setting{_did_you_mean(model, detail['loc'])}"
        elif detail["type"] == "missing":
            message = "is required"
        problems.append(f"{field}: {message}")
    return "; ".join(problems)


def resolve_path(value: Path, info: ValidationInfo) -> Path:
    """Expand ``~`` and ``$VARIABLES`` and make relative paths relative to the settings file.

    ``$PRIVCV_DATA`` defaults to the ``shared`` folder beside the checkout, see ``data_folder``.
    """
    text = str(value)
    if "PRIVCV_DATA" in text and "PRIVCV_DATA" not in os.environ:
        text = text.replace("${PRIVCV_DATA}", str(data_folder()))
        text = text.replace("$PRIVCV_DATA", str(data_folder()))
    if "\0" in text:
        raise ValueError("holds a NUL, which no path can")
    try:
        path = Path(os.path.expandvars(text)).expanduser()
    except RuntimeError:
        raise ValueError("begins with '~' and the name of no user: write the whole path") from None
    if not path.is_absolute():
        path = Path(os.path.normpath(((info.context or {}).get("base") or Path.cwd()) / path))
    names = [len(os.fsencode(name)) for name in path.parts]
    if max(names, default=0) > LONGEST_NAME or sum(names) + len(names) > LONGEST_PATH:
        raise ValueError(
            f"is longer than a path may be: {LONGEST_NAME} bytes a name, {LONGEST_PATH} in all"
        )
    return path


def data_folder() -> Path:
    """Example data and models: ``$PRIVCV_DATA``, else ``shared`` beside the checkout."""
    named = os.environ.get("PRIVCV_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[4].parent / "shared"


PathSetting = Annotated[Path, AfterValidator(resolve_path)]
"""A path in a settings file."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name that is also a ROS name: lower-case letters, digits and '_', at most 63."""


def what_is_wrong(error: Exception) -> str:
    """A YAML error on one line, without the line of the file, which may hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError):
        words = " ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        return words if mark is None else f"{words}, line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _did_you_mean(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    import difflib

    names = sorted(_all_field_names(model))
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _all_field_names(model: type[BaseModel], seen: set[type] | None = None) -> set[str]:
    seen = set() if seen is None else seen
    if model in seen:
        return set()
    seen.add(model)
    names = set(model.model_fields)
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            names |= _all_field_names(inner, seen)
    return names


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
