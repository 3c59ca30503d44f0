# SPDX-License-Identifier: Apache-2.0
"""Names of files as a text can hold them: a name is bytes, and need not be UTF-8."""

from pathlib import Path
from typing import Any


def in_utf8(text: Any) -> Any:
    r"""The same, where it is a text or a path that is UTF-8 or nothing of both; else escaped.

    >>> in_utf8(Path("a\udce9"))
    'a\\udce9'
    """
    if not isinstance(text, (str, Path)):
        return text
    try:
        str(text).encode()
    except UnicodeEncodeError:
        return str(text).encode(errors="backslashreplace").decode()
    return text
