#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build the site of the documents, out/docs/html: guides, reference and every module's docstrings.

The pages are those of the repository, in a copy whose folders lie as they do there, so that links
hold. A warning is an error. ``--sphinx PROGRAM`` names sphinx-build; the Makefile makes it.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from privcv_core.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs", "config", "launch",
    "requirements/README.md",
)  # fmt: skip

INDEX = """# privcv

```{toctree}
:caption: Start
README
docs/tutorials/first-camera
docs/tutorials/robot
docs/tutorials/fleet
docs/tutorials/detector
```

```{toctree}
:caption: Guides
:glob:
docs/*
```

```{toctree}
:caption: Reference
:glob:
reference/*
code/*/index
```

```{toctree}
:caption: The project
CHANGELOG
SECURITY
CONTRIBUTING
requirements/README
```

```{toctree}
:caption: Measured
:glob:
docs/benchmarks/*
```
"""


def assemble(folder: Path) -> None:
    """Lay out what Sphinx reads."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in PAGES:
        source, target = ROOT / page, folder / page
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    (folder / "docs/conf.py").rename(folder / "conf.py")
    (folder / "index.md").write_text(INDEX, encoding="utf-8")
    reference = [sys.executable, str(ROOT / "tools/reference_pages.py")]
    subprocess.run([*reference, str(folder / "reference")], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the site of the documents.")
    parser.add_argument("--sphinx", default="sphinx-build", help="the program sphinx-build")
    arguments = parser.parse_args()
    out = ROOT / "out" / "docs"
    assemble(out / "source")
    environment = {**os.environ, "PRIVCV_ROOT": str(ROOT), "PRIVCV_VERSION": VERSION}
    command = [arguments.sphinx, "-q", "-E", "-W", "--keep-going", "-b", "html"]
    built = subprocess.run(
        [*command, str(out / "source"), str(out / "html")], env=environment, check=False
    )
    if built.returncode == 0:
        print(f"open {out / 'html' / 'index.html'}")
    sys.exit(built.returncode)


if __name__ == "__main__":
    main()
