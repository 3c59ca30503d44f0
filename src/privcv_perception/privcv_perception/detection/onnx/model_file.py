# SPDX-License-Identifier: Apache-2.0
"""One ONNX file: read once, so that what was hashed is what runs; and complete in itself.

A path that is opened twice can be another file the second time. And a model may keep its weights
in further files ("external data"), or name a compiled engine, which its digest says nothing of
and which would be looked for in whatever folder the process runs. Such a model is refused, by the
names of these files; ``pack`` makes one file of it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from privcv_core.files.regular_file import open_to_read, read_regular
from privcv_perception.errors import ModelError

MAX_MODEL_BYTES = 2**31 - 1
"""Largest file that is read as a model, bytes: the most that a protobuf message can have."""

_NAMED_AT_MOST = 3


@dataclass(frozen=True)
class ModelFile:
    """The content of one model file and its SHA-256, 64 hex digits."""

    path: Path
    content: bytes = field(repr=False)
    sha256: str


def read_model(path: Path) -> ModelFile:
    """Read ``path`` in one go; ``ModelError`` where it cannot be read. It may be no model at all.

    Links are followed where root or this user made them.
    """
    try:
        content = read_regular(path, MAX_MODEL_BYTES)
    except OSError as error:
        raise ModelError(
            f"{path}: model cannot be read: {error.strerror}; correct 'detector.model', or fetch "
            f"one with 'privcv models pull'"
        ) from error
    return ModelFile(path, content, hashlib.sha256(content).hexdigest())


def parse_whole(model: ModelFile) -> Any:
    """The ``onnx.ModelProto`` of a file that is complete in itself.

    Raises ``ModelError`` where it is no ONNX file, or names others that its digest does not cover.
    """
    parsed = _parse(model)
    others = sorted({_location(tensor) for tensor in _external(parsed)})
    if others:
        raise ModelError(
            f"{model.path}: keeps its weights in other files ({_listed(others)}), which its digest "
            f"does not cover; make one file of it: 'privcv models pack {model.path} NEW.onnx'"
        )
    if engines := sorted(set(_engines(parsed))):
        raise ModelError(
            f"{model.path}: names a compiled engine ({_listed(engines)}), which its digest does "
            "not cover; use the model that the engine was made of"
        )
    return parsed


def pack(path: Path) -> bytes:
    """The model at ``path`` with the weights of its other files inside, as one file's content.

    Those must be regular files beside it or below its folder. Raises ``ModelError``.
    """
    parsed = _parse(read_model(path))
    for tensor in _external(parsed):
        place = {entry.key: entry.value for entry in tensor.external_data}
        name = Path(place.get("location", ""))
        if not name.name or name.is_absolute() or ".." in name.parts:
            raise ModelError(f"{path}: weights lie at '{name}', which is not below its folder")
        try:
            with open_to_read(path.parent / name, follow=True) as file:
                file.seek(int(place.get("offset", 0)))
                tensor.raw_data = file.read(int(place.get("length", MAX_MODEL_BYTES)))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{path.parent / name}: weights of {path.name} cannot be read: "
                f"{getattr(error, 'strerror', None) or error}"
            ) from error
        if "length" in place and len(tensor.raw_data) != int(place["length"]):
            raise ModelError(f"{path.parent / name}: is shorter than {path.name} says")
        del tensor.external_data[:]
        tensor.data_location = tensor.DEFAULT
    try:
        content: bytes = parsed.SerializeToString(deterministic=True)
    except ValueError as error:
        raise ModelError(f"{path}: is larger than {MAX_MODEL_BYTES} bytes as one file") from error
    return content


def _parse(model: ModelFile) -> Any:
    import onnx

    try:
        parsed = onnx.load_model_from_string(model.content)
    except Exception as error:  # of protobuf, which is a dependency of onnx, not of ours
        raise ModelError(f"{model.path}: cannot open this model: is no ONNX file") from error
    if not parsed.HasField("graph"):
        raise ModelError(f"{model.path}: cannot open this model: has no graph")
    return parsed


def _messages(message: Any) -> Iterator[Any]:
    """``message`` and all that it holds: subgraphs, functions and attributes too."""
    waiting = [message]
    while waiting:
        message = waiting.pop()
        yield message
        for described, value in message.ListFields():
            if described.message_type is not None:
                is_one = hasattr(value, "ListFields")
                waiting += [value] if is_one else list(value)


def _external(parsed: Any) -> Iterator[Any]:
    """The tensors whose values lie in another file."""
    for message in _messages(parsed):
        if message.DESCRIPTOR.full_name == "onnx.TensorProto" and (
            message.external_data or message.data_location == message.EXTERNAL
        ):
            yield message


def _engines(parsed: Any) -> Iterator[str]:
    """Files that ``EPContext`` nodes name: an engine that a provider compiled earlier."""
    for message in _messages(parsed):
        if message.DESCRIPTOR.full_name == "onnx.NodeProto" and message.op_type == "EPContext":
            values = {attribute.name: attribute for attribute in message.attribute}
            if "embed_mode" in values and values["embed_mode"].i != 1:
                named = values.get("ep_cache_context")
                yield named.s.decode(errors="replace") if named else "?"


def _location(tensor: Any) -> str:
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "?")


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    shown = ", ".join(ascii(name)[1:-1] for name in names[:_NAMED_AT_MOST])
    return f"{shown} and {more} more" if more > 0 else shown
