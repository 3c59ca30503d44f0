# SPDX-License-Identifier: Apache-2.0
"""Files of environment variables, such as ``config/camera.env``: plain lines NAME=VALUE."""

from pathlib import Path

from privcv_core.errors import SettingsError
from privcv_core.files.regular_file import read_regular


def read_environment(path: Path) -> dict[str, str]:
    """The variables of the file ``path``, one NAME=VALUE a line.

    Where a name ends in ``_FILE`` its value is taken relative to the folder of ``path``.
    Raises ``SettingsError``, with the line that is of another form.
    """
    try:
        lines = read_regular(path).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        words = getattr(error, "strerror", None) or error
        raise SettingsError(f"{path}: cannot be read as environment: {words}") from error
    found = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if line.startswith("#") or not line.strip():
            continue
        if not equals:
            raise SettingsError(f"{path}: '{line}' is not NAME=VALUE")
        found[name] = str(path.parent.resolve() / value) if name.endswith("_FILE") else value
    return found
