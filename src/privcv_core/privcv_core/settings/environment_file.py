# SPDX-License-Identifier: Apache-2.0
"""Files of environment variables, such as ``config/camera.env``: plain lines NAME=VALUE."""

from pathlib import Path

from privcv_core.errors import SettingsError


def read_environment(path: Path) -> dict[str, str]:
    """The variables of the file ``path``, one NAME=VALUE a line.

    Where a name ends in ``_FILE`` its value is taken relative to the folder of ``path``.
    Raises ``SettingsError`` with the line that is of another form.
    """
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if line.startswith("#") or not line.strip():
            continue
        if not equals:
            raise SettingsError(f"{path}: '{line}' is not NAME=VALUE")
        found[name] = str(path.parent.resolve() / value) if name.endswith("_FILE") else value
    return found
