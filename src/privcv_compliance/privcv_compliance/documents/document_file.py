# SPDX-License-Identifier: Apache-2.0
"""Writes a document to a file: PDF (A4, searchable text), Markdown or JSON, by its ending."""

import textwrap
from pathlib import Path
from typing import IO

from privcv_compliance.documents.document import Document
from privcv_compliance.documents.shown_text import check_shown, shown
from privcv_compliance.errors import ComplianceError
from privcv_core.files.atomic_file import replacing, write_atomically
from privcv_core.files.regular_file import digest_regular

A4_INCHES = (8.27, 11.69)
_POINTS_PER_INCH = 72
_LEFT, _TOP, _BOTTOM = 0.09, 0.94, 0.06
# style -> (size in points, characters in a line, weight, colour, space above in lines)
_STYLES = {
    "title": (17, 56, "bold", "black", 0.0),
    "heading": (12, 80, "bold", "#1a4a7a", 1.0),
    "text": (9.5, 98, "normal", "black", 0.35),
    "warning": (9.5, 98, "normal", "#a02000", 0.35),
    "evidence": (7.5, 122, "normal", "#444444", 0.2),
}


def write_document(document: Document, path: Path) -> str:
    """Write ``document`` to ``path`` (.pdf, .md or .json); returns the SHA-256 of the file."""
    if path.suffix not in (".pdf", ".md", ".json"):
        raise ComplianceError(f"{path}: must end in .pdf, .md or .json")
    try:
        if path.suffix == ".pdf":
            lines = (text for _, text in document.lines())
            check_shown(lines, "write .md or .json, which hold any script")
            with replacing(path) as file:
                _write_pdf(document, file)
        else:
            text = document.markdown() if path.suffix == ".md" else document.to_json()
            write_atomically(path, text)
        return digest_regular(path)
    except OSError as error:
        raise ComplianceError(f"{path}: cannot be read again: {error.strerror}") from error


def _write_pdf(document: Document, file: IO[bytes]) -> None:
    import matplotlib as mpl

    mpl.use("pdf")
    mpl.rcParams["pdf.fonttype"] = 42  # text stays text, so that it can be searched and copied
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    with PdfPages(file, metadata={"Title": document.title, "Creator": "privcv"}) as pages:
        figure, y = Figure(figsize=A4_INCHES), _TOP
        number = 1
        for style, text in document.lines():
            size, width, weight, colour, above = _STYLES[style]
            step = size * 1.3 / _POINTS_PER_INCH / A4_INCHES[1]
            wrapped = textwrap.wrap(
                shown(text), width, subsequent_indent="" if style == "title" else "   "
            )
            y -= above * step
            keep = 4 if style == "heading" else 1  # a heading does not stand alone at the bottom
            if y - step * max(len(wrapped), keep) < _BOTTOM:
                _finish(pages, figure, document.title, number)
                figure, y, number = Figure(figsize=A4_INCHES), _TOP, number + 1
            for line in wrapped:
                figure.text(
                    _LEFT, y, line, fontsize=size, weight=weight, color=colour, va="top",
                    parse_math=False,
                )  # fmt: skip
                y -= step
        _finish(pages, figure, document.title, number)


def _finish(pages: object, figure: object, title: str, number: int) -> None:
    figure.text(_LEFT, 0.03, f"{title} · page {number}", fontsize=7, color="#666666")  # type: ignore[attr-defined]
    pages.savefig(figure)  # type: ignore[attr-defined]
