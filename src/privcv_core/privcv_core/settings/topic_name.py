# SPDX-License-Identifier: Apache-2.0
"""Names of ROS topics, checked without ROS: a wrong one would end the process that uses it."""

import re

LONGEST = 200
"""Characters: the middleware adds a prefix and takes 255."""

_NAME = re.compile(r"(~?/)?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)


def check_topic_name(name: str) -> str:
    """``name`` where it is that of a topic, such as /lobby/image_raw. Raises ``ValueError``."""
    if not _NAME.fullmatch(name) or "__" in name or len(name) > LONGEST:
        raise ValueError(
            "must be a topic's name such as /lobby/image_raw: parts of letters, digits and single "
            "underscores, none beginning with a digit, with / between them"
        )
    return name


def full_topic_name(name: str, namespace: str, node: str) -> str:
    """The full name of what ``node`` in ``namespace`` (such as /lobby) calls ``name``."""
    if name.startswith("/"):
        return name
    return f"{namespace}/{node}{name[1:]}" if name.startswith("~") else f"{namespace}/{name}"
