# SPDX-License-Identifier: Apache-2.0
"""A document as pages of a PDF: lines that end where the page ends, and tables with columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import IO, Any

from privcv_compliance.documents.document import Document
from privcv_compliance.documents.fonts import families
from privcv_compliance.documents.text_width import points, wrapped

A4_INCHES = (8.27, 11.69)
_POINTS = A4_INCHES[0] * 72, A4_INCHES[1] * 72
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 541.0, 792.0, 54.0  # points from the left and from below
_INDENT, _GAP = 10.0, 8.0
_LINE = 1.32  # of the size
_TABLE_SIZE = 8.0


@dataclass(frozen=True)
class _Style:
    size: float
    weight: str
    colour: str
    above: float  # lines
    indent: float = _INDENT  # of all lines but the first


_STYLES = {
    "title": _Style(17, "bold", "black", 0.0, 0.0),
    "heading": _Style(12, "bold", "#1a4a7a", 1.0),
    "text": _Style(9.5, "normal", "black", 0.35),
    "warning": _Style(9.5, "normal", "#a02000", 0.35),
    "paragraph": _Style(10.5, "normal", "black", 0.45, 0.0),
    "evidence": _Style(7.5, "normal", "#444444", 0.2),
    "head": _Style(_TABLE_SIZE, "bold", "#1a4a7a", 0.8, 0.0),
    "row": _Style(_TABLE_SIZE, "normal", "black", 0.45, 0.0),
    "warning row": _Style(_TABLE_SIZE, "normal", "#a02000", 0.45, 0.0),
}
_TABLE = ("head", "row", "warning row")


def write_pdf(document: Document, file: IO[bytes]) -> int:
    """Write ``document`` to ``file``, as many A4 pages as it needs; returns how many."""
    import matplotlib as mpl

    mpl.use("pdf")
    mpl.rcParams["pdf.fonttype"] = 42  # text stays text, so that it can be searched and copied
    from matplotlib.backends.backend_pdf import PdfPages

    with PdfPages(file, metadata={"Title": document.title, "Creator": "privcv"}) as pages:
        layout = _Pages(document, pages)
        for is_table, group in groupby(document.lines(), lambda line: line[0] in _TABLE):
            if is_table:
                _draw_table(layout, list(group))
                continue
            for style, text in group:
                _draw_text(layout, style, text)
        layout.finish()
        return layout.number


class _Pages:
    """The page that is drawn on, and how far down."""

    def __init__(self, document: Document, pages: Any) -> None:
        self._document, self._pages = document, pages
        self.number = 0
        self._begin()

    def _begin(self) -> None:
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=A4_INCHES)
        self.number += 1
        self.y = _TOP

    def finish(self) -> None:
        """Number the page and write it."""
        words = "{title} · page {number}"
        text = self._document.frame(words, title=self._document.title, number=self.number)
        self._text(_LEFT, 30.0, wrapped(text, 7, _RIGHT - _LEFT)[0], 7, "normal", "#666666")
        self._pages.savefig(self._figure)

    def room(self, height: float) -> bool:
        """Make sure that ``height`` points are left; True where a new page was begun."""
        if self.y - height >= _BOTTOM or self.y == _TOP:
            return False
        self.finish()
        self._begin()
        return True

    def line(self, x: float, text: str, style: _Style, lines_down: int = 0) -> None:
        """Draw one line, ``lines_down`` below where the page is."""
        y = self.y - lines_down * style.size * _LINE
        self._text(x, y, text, style.size, style.weight, style.colour)

    def rule(self) -> None:
        """Draw a thin line across the page."""
        from matplotlib.lines import Line2D

        xs = [_LEFT / _POINTS[0], _RIGHT / _POINTS[0]]
        ys = [(self.y + 1.5) / _POINTS[1]] * 2
        self._figure.add_artist(Line2D(xs, ys, color="#bbbbbb", linewidth=0.5))

    def _text(self, x: float, y: float, text: str, size: float, weight: str, colour: str) -> None:
        self._figure.text(
            x / _POINTS[0], y / _POINTS[1], text, fontsize=size, weight=weight, color=colour,
            va="top", parse_math=False, family=families(),
        )  # fmt: skip


def _draw_text(pages: _Pages, name: str, text: str) -> None:
    style = _STYLES[name]
    step = style.size * _LINE
    lines = wrapped(text, style.size, _RIGHT - _LEFT - style.indent, style.weight)
    keep = 5 if name == "heading" else min(len(lines), 3)  # no heading alone at the bottom
    if not pages.room((style.above + keep) * step):
        pages.y -= style.above * step
    for number, line in enumerate(lines):
        pages.room(step)
        pages.line(_LEFT + (style.indent if number else 0.0), line, style)
        pages.y -= step


def _draw_table(pages: _Pages, lines: Sequence[tuple[str, str]]) -> None:
    """A table that goes on over pages, its headings on top of each."""
    rows = [(style, text.split("\t")) for style, text in lines]
    widths = _widths([cells for _, cells in rows])
    head = _wrapped_row(*rows[0], widths)
    first = True
    for style, cells in rows[1:]:
        row = _wrapped_row(style, cells, widths)
        if pages.room(_height(row) + (_height(head) if first else 0.0)) or first:
            _draw_row(pages, "head", head, widths)
        first = False
        _draw_row(pages, style, row, widths)
    pages.y -= _TABLE_SIZE * 0.5


def _wrapped_row(name: str, cells: Sequence[str], widths: Sequence[float]) -> list[list[str]]:
    style = _STYLES[name]
    return [
        wrapped(cell, style.size, width, style.weight)
        for cell, width in zip(cells, widths, strict=True)
    ]


def _height(row: Sequence[Sequence[str]]) -> float:
    return (max(len(lines) for lines in row) * _LINE + 0.8) * _TABLE_SIZE


def _draw_row(
    pages: _Pages, name: str, row: Sequence[Sequence[str]], widths: Sequence[float]
) -> None:
    style = _STYLES[name]
    pages.y -= style.above * style.size
    x = _LEFT
    for lines, width in zip(row, widths, strict=True):
        for number, line in enumerate(lines):
            pages.line(x, line, style, number)
        x += width + _GAP
    pages.y -= max(len(lines) for lines in row) * style.size * _LINE
    pages.rule()


def _widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """Width of each column: its longest word fits, and the longer its texts the more it gets."""
    room = _RIGHT - _LEFT - _GAP * (len(rows[0]) - 1)
    columns = list(zip(*rows, strict=True))
    least = [
        min(90.0, max((points(word, _TABLE_SIZE, "bold") for t in c for word in t.split()),
                      default=1.0))
        for c in columns
    ]  # fmt: skip
    most = [max(points(text, _TABLE_SIZE, "bold") for text in column) for column in columns]
    spare = max(0.0, room - sum(least))
    wanted = [max(0.0, long - short) ** 0.6 for long, short in zip(most, least, strict=True)]
    total = sum(wanted) or 1.0
    return [short + spare * want / total for short, want in zip(least, wanted, strict=True)]
