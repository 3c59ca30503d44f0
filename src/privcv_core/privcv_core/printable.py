# SPDX-License-Identifier: Apache-2.0
"""Words of others on a terminal: they are shown, never obeyed, and one line stays one line."""

import json


def printable(text: str) -> str:
    r"""``text`` on one line, with what a terminal would obey or not show escaped as JSON does it.

    So a line of JSON stays the same JSON. A tab stays.

    >>> printable("done\n\x1b[2Jforged")
    'done\\n\\u001b[2Jforged'
    """
    return "".join(c if c.isprintable() or c == "\t" else json.dumps(c)[1:-1] for c in text)
