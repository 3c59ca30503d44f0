# SPDX-License-Identifier: Apache-2.0
"""A namespace of ROS: what the names of all nodes and topics of one device begin with."""

from typing import Annotated

from pydantic import AfterValidator

from privcv_core.errors import SettingsError
from privcv_core.settings.topic_name import check_topic_name

LONGEST = 64


def check_namespace(text: str) -> str:
    """``text`` as a prefix of full names: '' for none, else such as '/robot1'.

    Raises ``ValueError``.
    """
    name = text.strip("/")
    if not name:
        return ""
    try:
        check_topic_name(f"/{name}")
    except ValueError:
        name = "x" * (LONGEST + 1)
    if len(name) > LONGEST or text.endswith("/"):
        raise ValueError(
            "must be a namespace such as robot1 or /building/floor_2: parts of letters, digits and "
            f"single underscores, none beginning with a digit, at most {LONGEST} characters"
        )
    return f"/{name}"


def given_namespace(text: str, option: str) -> str:
    """As ``check_namespace``, of what a command was given. Raises ``SettingsError``."""
    try:
        return check_namespace(text)
    except ValueError as error:
        raise SettingsError(f"{option} {text}: {error}") from error


Namespace = Annotated[str, AfterValidator(check_namespace)]
"""Setting: the namespace of a device, kept as a prefix of full names."""
