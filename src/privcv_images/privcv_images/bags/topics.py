# SPDX-License-Identifier: Apache-2.0
"""What is done with each topic of a bag: redacted, copied, or refused because it may show people.

Refused is what may hold an image that nobody here reads: a type with a long list of small whole
numbers anywhere in it (video packets, compressed video, occupancy grids), point clouds, images of
depth or of an encoding that is not known, and a type whose definition the bag does not hold.
``--keep TOPIC`` copies one as it is, and the manifest says so.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from privcv_images.bags.image_cdr import IMAGE_TYPES
from privcv_images.errors import ImagesError

POINTS = frozenset({"sensor_msgs/msg/PointCloud", "sensor_msgs/msg/PointCloud2"})
SMALL_NUMBERS = frozenset({"uint8", "int8", "byte", "char", "octet", "uint16", "int16", "wchar"})
LONGEST_HARMLESS = 64
"""A list of so few small numbers is an id or a mask, and no picture."""


def problem_of(kind: str, fields: Mapping[str, Any]) -> str:
    """Why messages of the type ``kind`` are not copied; empty where they are.

    ``fields``: the definitions, by type, of it and of all that it holds, as rosbags parses them.
    """
    if kind in IMAGE_TYPES:
        return ""
    if kind in POINTS:
        return "a point cloud"
    waiting, seen = [kind], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in fields:
            return f"of a type whose definition is not known ({name})"
        for field, (node, inner) in fields[name][1]:
            if node.name == "NAME":
                waiting.append(inner)
            elif node.name in ("ARRAY", "SEQUENCE"):
                (element, content), length = inner
                if element.name == "NAME":
                    waiting.append(content)
                elif content[0] in SMALL_NUMBERS and not 0 < length <= LONGEST_HARMLESS:
                    return f"data that may be an image ('{field}' of {name})"
    return ""


def refuse(bag: object, problems: Mapping[str, str], keep: Collection[str]) -> None:
    """Raise ``ImagesError`` where a topic with a problem is not to be kept."""
    unkept = sorted(topic for topic in problems if topic not in keep)
    if unkept:
        told = "; ".join(f"{topic}: {problems[topic]}" for topic in unkept)
        options = " ".join(f"--keep {topic}" for topic in unkept)
        raise ImagesError(
            f"{bag}: holds what may show people and is not redacted: {told}. Record it without, or "
            f"copy it as it is: {options}"
        )


def check_kept(bag: object, keep: Sequence[str], there: Collection[str]) -> None:
    """Raise ``ImagesError`` for a topic to keep that is not in the bag: a slip of the pen."""
    for topic in keep:
        if topic not in there:
            raise ImagesError(f"{bag}: --keep {topic}: holds {', '.join(sorted(there)) or 'none'}")
