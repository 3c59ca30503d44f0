#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a version everywhere it has to stand, and date its part of CHANGELOG.md.

``privcv_core/version.py`` is what the code reads; ROS wants it in each package.xml and setup.cfg as
well. Afterwards: commit, ``git tag -s v0.2.0``, ``make wheel``.
"""

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = {
    "src/privcv_core/privcv_core/version.py": r'(VERSION = ")[^"]+(")',
    "src/*/package.xml": r"(<version>)[^<]+(</version>)",
    "src/*/setup.cfg": r"(\nversion = )\S+(\n)",
    "CITATION.cff": r"(\nversion: )\S+(\n)",
}
"""Glob: a pattern that matches once in each of its files, with what stands around the version."""
FORTHCOMING = "## Forthcoming\n"


def set_version(root: Path, version: str, today: date) -> list[Path]:
    """The files changed. Raises ``ValueError`` before the first where one lacks its place."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"{version}: is no version such as 0.2.0")
    written: dict[Path, str] = {}
    for glob, pattern in PLACES.items():
        for path in sorted(root.glob(glob)):
            text = path.read_text(encoding="utf-8")
            changed, places = re.subn(pattern, rf"\g<1>{version}\g<2>", text)
            if places != 1:
                raise ValueError(f"{path}: has {places} places for a version, not one")
            written[path] = changed
    log = root / "CHANGELOG.md"
    text = log.read_text(encoding="utf-8")
    if FORTHCOMING not in text:
        raise ValueError(f"{log}: says nothing of what is forthcoming")
    written[log] = text.replace(FORTHCOMING, f"## {version} ({today.isoformat()})\n", 1)
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return list(written)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: tools/set_version.py 0.2.0")
    try:
        changed = set_version(ROOT, sys.argv[1], date.today())
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print("\n".join(str(path.relative_to(ROOT)) for path in changed))
