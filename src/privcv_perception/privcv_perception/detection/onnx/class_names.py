# SPDX-License-Identifier: Apache-2.0
"""Class names inside a model file: which of its classes is a person, and what it was trained for.

Exporters write them into the file's metadata (``names``, ``task``). They say what the weights mean,
so where they contradict the description the model is refused: its cars would be counted as people.
"""

import ast
from collections.abc import Mapping

from privcv_perception.detection.onnx.model_description import ModelDescription
from privcv_perception.errors import ModelError

PERSON = frozenset({"person", "persons", "people", "pedestrian", "pedestrians", "human", "humans"})
DETECTING = frozenset({"detect", "segment", "pose"})
LONGEST_NAMES = 100_000
_SHOWN_NAMES = 8


def with_own_classes(model: ModelDescription, metadata: Mapping[str, str]) -> ModelDescription:
    """``model`` with the index of class 'person' from the file, where its description has none.

    ``metadata``: what the file says of itself, by key. Raises ``ModelError`` where the two
    disagree, or where the file says that it finds no people.
    """
    task = metadata.get("task", "").strip().lower()
    if task and task not in DETECTING:
        raise ModelError(
            f"model {model.name}: says that its task is {task[:40]!r}: it finds no boxes of "
            "people; export a model of task 'detect'"
        )
    names = class_names(metadata)
    if not names:
        return model
    people = sorted(index for index, name in names.items() if name.lower() in PERSON)
    if "person_class" not in model.model_fields_set:
        if not people:
            raise ModelError(
                f"model {model.name}: finds {_shown(names)}, and no class of its is a person; "
                "where one means a person, set 'person_class' to its index"
            )
        return model.model_copy(update={"person_class": people[0]})
    if model.person_class not in names:
        raise ModelError(
            f"model {model.name}: has the classes {_shown(names)}, so person_class "
            f"{model.person_class} does not exist"
        )
    if people and model.person_class not in people:
        raise ModelError(
            f"model {model.name}: class {model.person_class} is "
            f"{names[model.person_class][:40]!r} and class {people[0]} is "
            f"{names[people[0]][:40]!r}: set person_class to {people[0]}, or leave it out"
        )
    return model


def class_names(metadata: Mapping[str, str]) -> dict[int, str]:
    """Class index to name, from a mapping or a list; empty where the file has none that is read."""
    text = metadata.get("names", "")
    if not text or len(text) > LONGEST_NAMES:
        return {}
    try:
        content = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {}
    if isinstance(content, (list, tuple)):
        content = dict(enumerate(content))
    if not isinstance(content, dict):
        return {}
    return {
        int(index): str(name).strip()
        for index, name in content.items()
        if isinstance(index, int) or (isinstance(index, str) and index.isdecimal())
    }


def _shown(names: Mapping[int, str]) -> str:
    listed = [f"{index} {name[:40]!r}" for index, name in sorted(names.items())[:_SHOWN_NAMES]]
    return ", ".join(listed) + (", …" if len(names) > _SHOWN_NAMES else "")
