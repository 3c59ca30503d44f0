#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build the wheel of the packages that need no ROS 2, and what it was tested with.

``privcv-VERSION-py3-none-any.whl`` and ``constraints.txt``, the versions of the lock, lie in the
folder that is named (default: out/wheel). In an empty environment::

    pip install -c constraints.txt privcv-*.whl
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lockfile import REQUIREMENTS, read_lock

ROOT = Path(__file__).resolve().parent.parent
OF_THE_WHEEL = ("pyproject.toml", "README.md", "LICENSE", "src")


def build_wheel(folder: Path) -> Path:
    """The wheel, built from a copy: a build leaves files behind that the next one would take in."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for part in OF_THE_WHEEL:
            if (ROOT / part).is_dir():
                unwanted = shutil.ignore_patterns("test", "__pycache__", "*.egg-info", "build")
                shutil.copytree(ROOT / part, Path(name, part), ignore=unwanted)
            else:
                shutil.copy(ROOT / part, Path(name, part))
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "-w", str(folder), name], check=True)
    (wheel,) = folder.glob("privcv-*.whl")
    return wheel


def write_constraints(path: Path) -> None:
    """The versions of the lock as pip takes them for constraints: without extras and hashes."""
    lines = [
        f"{one.name}=={one.version}" + (f" ; {one.marker}" if one.marker else "")
        for one in read_lock(REQUIREMENTS / "product.txt")
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    print(build_wheel(folder))
    write_constraints(folder / "constraints.txt")


if __name__ == "__main__":
    main()
