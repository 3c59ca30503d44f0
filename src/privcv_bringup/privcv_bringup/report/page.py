# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file that needs nothing else: no script, no network."""

import base64
import html
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from privcv_core.files.atomic_file import write_atomically

STYLE = """
:root { color-scheme: light; --ink: #22313f; --soft: #5d6d7e; --line: #e0e5ea; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); margin: 0; background: #f6f8fa; }
main { max-width: 960px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 0 0 6px; }
.lead { color: var(--soft); margin: 0 0 20px; }
section { background: white; border: 1px solid var(--line); border-radius: 10px;
          padding: 18px 20px; margin: 16px 0; }
section p { color: var(--soft); margin: 0 0 10px; }
img { width: 100%; height: auto; display: block; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.fact { background: white; border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.fact b { display: block; font-size: 24px; } .fact span { color: var(--soft); font-size: 14px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line); }
pre { background: #f6f8fa; border: 1px solid var(--line); border-radius: 8px; padding: 12px;
      overflow-x: auto; font-size: 13px; }
"""


@dataclass(frozen=True)
class Picture:
    """A section of the page: a heading, a sentence, a figure."""

    title: str
    text: str
    figure: Figure


@dataclass(frozen=True)
class Table:
    """A section of the page: a heading, a sentence, rows of text under column names."""

    title: str
    text: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_page(
    path: Path,
    title: str,
    lead: str,
    facts: Mapping[str, str],
    pictures: Sequence[Picture],
    example: Mapping[str, Any] | None,
    table: Table | None = None,
) -> None:
    """Write the report, and each picture as a PNG beside it. Closes the figures."""
    sections = []
    for index, picture in enumerate(pictures):
        data = _png(picture.figure)
        name = f"{path.stem}-{index + 1}-{picture.title.split()[0].lower()}.png"
        write_atomically(path.parent / name, data)
        source = "data:image/png;base64," + base64.b64encode(data).decode()
        sections.append(
            f"<section><h2>{html.escape(picture.title)}</h2><p>{html.escape(picture.text)}</p>"
            f'<img alt="{html.escape(picture.title)}" src="{source}"></section>'
        )
    if table is not None:
        sections.append(_section(table))
    if example is not None:
        shown = html.escape(json.dumps(example, indent=2))
        sections.append(
            "<section><h2>What left the device</h2><p>One release, whole, as the collector stores "
            f"it. There is nothing else.</p><pre>{shown}</pre></section>"
        )
    tiles = "".join(
        f'<div class="fact"><b>{html.escape(value)}</b><span>{html.escape(name)}</span></div>'
        for name, value in facts.items()
    )
    write_atomically(
        path,
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
        f'</title><meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f'<body><main><h1>{html.escape(title)}</h1><p class="lead">{html.escape(lead)}</p>'
        f'<div class="facts">{tiles}</div>{"".join(sections)}</main></body></html>\n',
    )


def _section(table: Table) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    return (
        f"<section><h2>{html.escape(table.title)}</h2><p>{html.escape(table.text)}</p>"
        f"<table><tr>{head}</tr>{rows}</table></section>"
    )


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    plt.close(figure)
    return buffer.getvalue()
