# SPDX-License-Identifier: Apache-2.0
"""The modules of the pages as one script: what they say themselves, in the order they need.

A browser asks once instead of twenty times, and one text packs a quarter smaller than its parts.
Each module stays a function of its own, so that no name meets another's; nothing in it changes but
the words ``import`` and ``export``, and comments and indents, which stay behind.
"""

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{ ((?:\w+, )*\w+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class)) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/) *$", re.MULTILINE | re.DOTALL)
_SPACE = re.compile(r"\n\s*")


def one_script(modules: Mapping[str, str], first: str) -> str:
    """The script that does what loading the module ``first`` does; ``modules`` by name.

    Raises ``ValueError`` for a module that imports or exports in another form than those above, or
    needs itself.
    """
    done: dict[str, str] = {}
    _add(modules, first, done, ())
    return "\n".join(done.values()) + "\n"


def _add(
    modules: Mapping[str, str], name: str, done: dict[str, str], needed_by: tuple[str, ...]
) -> None:
    if name in needed_by:
        raise ValueError(f"{name}.js needs itself: {' -> '.join([*needed_by, name])}")
    if name in done:
        return
    text = _COMMENT.sub("", modules[name])
    for other in _IMPORT.findall(text):
        _add(modules, other[1], done, (*needed_by, name))
    told = [found[1] for found in _EXPORT.findall(text)]
    text = _IMPORT.sub(r"const { \1 } = from_\2;", text)
    text = _EXPORT.sub(r"\1 \2", text)
    if left := _OTHER.search(text):
        raise ValueError(f"{name}.js: cannot join '{left.group()}'")
    text = _SPACE.sub("\n", text).strip()
    done[name] = f"const from_{name} = (() => {{\n{text}\nreturn {{ {', '.join(told)} }};\n}})();"
