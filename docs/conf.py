# SPDX-License-Identifier: Apache-2.0
"""Sphinx settings of the site of the documents; tools/build_docs.py makes the tree that is read."""

import os
import re
from pathlib import Path

ROOT = Path(os.environ["PRIVCV_ROOT"])
PACKAGES = (
    "core",
    "across",
    "perception",
    "privacy",
    "uplink",
    "collector",
    "site",
    "compliance",
    "bringup",
)

project = "privcv"
author = "The privcv authors"
copyright = "The privcv authors, Apache-2.0"
version = release = os.environ["PRIVCV_VERSION"]

extensions = ["myst_parser", "autoapi.extension"]
exclude_patterns = ["config/**", "launch/**", "requirements/product.*"]
suppress_warnings = [
    "autoapi.python_import_resolution",  # of a constant that one module takes from another
    "myst.xref_missing",  # links to files that are code, and no page
    "myst.header",  # a page may begin where it likes
    "ref.python",  # a name that two classes have
]
myst_heading_anchors = 4
html_theme = "sphinx_rtd_theme"
html_title = f"privcv {version}"
html_copy_source = html_show_sourcelink = False
html_theme_options = {"navigation_depth": 3}

autoapi_dirs = [str(ROOT / f"src/privcv_{name}/privcv_{name}") for name in PACKAGES]
autoapi_root = "code"
autoapi_add_toctree_entry = False
autoapi_keep_files = True
autoapi_options = ["members", "undoc-members", "show-module-summary"]
autoapi_python_class_content = "class"

_COLUMNS = re.compile(r"\S+ {2,}\S")
_TAKEN_AS_IT_IS = "\b"  # by click, which formats the help of commands


def keep_columns(app, what, name, obj, options, lines) -> None:
    """Columns, in which nodes list topics, and examples of commands stay as they stand."""
    kept: list[str] = []
    literal = False
    for number, line in enumerate(lines):
        first = number > 0 and not lines[number - 1].strip()  # a summary is a sentence
        if line.strip() == _TAKEN_AS_IT_IS or (first and _COLUMNS.match(line)):
            literal = True
            kept += ["::", ""]
            line = line.replace(_TAKEN_AS_IT_IS, "")
        literal = literal and bool(line.strip() or kept[-1] == "")
        kept.append(f"    {line}" if literal and line.strip() else _without_substitutions(line))
    lines[:] = kept


def _without_substitutions(line: str) -> str:
    """Bars that mean a magnitude: in reStructuredText they would name something."""
    return line if "``" in line else line.replace("|", "\\|")


def setup(app) -> None:
    app.connect("autodoc-process-docstring", keep_columns)
