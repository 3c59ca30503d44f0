# SPDX-License-Identifier: Apache-2.0
"""A document for people who are counted: the same sentences, without marks, paths and digests.

What each sentence rests on stays in the object, for tests and for the officer's own copy; nothing
of it is printed.
"""

import html
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from privcv_compliance.documents.document import Document
from privcv_compliance.documents.pdf_pages import write_pdf
from privcv_compliance.documents.shown_text import check_shown
from privcv_compliance.errors import ComplianceError
from privcv_core.files.atomic_file import write_atomically

_STYLE = (
    "body{max-width:42em;margin:2em auto;padding:0 1em;font:1.05em/1.5 sans-serif;color:#111}"
    "h1{line-height:1.2}h2{font-size:1.2em;margin-top:1.6em}p{margin:.6em 0}"
)
_TAGS = {"title": "h1", "heading": "h2", "paragraph": "p"}


@dataclass(frozen=True)
class PublicDocument(Document):
    """Sections under a title, in paragraphs. It has no tables."""

    def lines(self) -> Iterator[tuple[str, str]]:
        """``(style, text)`` of each line: title, heading, paragraph."""
        yield "title", self.title
        yield "paragraph", self.about.text
        for section in self.sections:
            yield "heading", section.title
            for statement in section.statements:
                yield "paragraph", statement.text

    def markdown(self) -> str:
        """The document as Markdown."""
        marks = {"title": "# {}\n", "heading": "## {}\n", "paragraph": "{}\n"}
        return "\n".join(marks[style].format(text) for style, text in self.lines())

    def html(self) -> str:
        """The document as one HTML page without scripts, and without anything from elsewhere."""
        body = "\n".join(
            f"<{_TAGS[style]}>{html.escape(text)}</{_TAGS[style]}>" for style, text in self.lines()
        )
        return (
            f'<!doctype html>\n<html lang="{self.language}">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            f"<title>{html.escape(self.title)}</title>\n<style>{_STYLE}</style>\n{body}\n</html>\n"
        )


def write_public(document: PublicDocument, path: Path, most_pages: int = 0) -> None:
    """Write ``document`` to ``path`` (.pdf, .html or .md). Raises ``ComplianceError``.

    ``most_pages``: more pages of a PDF than so many are refused; 0: as many as it needs.
    """
    if path.suffix not in (".pdf", ".html", ".md"):
        raise ComplianceError(f"{path}: must end in .pdf, .html or .md")
    if path.suffix == ".md":
        write_atomically(path, document.markdown())
        return
    if path.suffix == ".html":
        write_atomically(path, document.html())
        return
    check_shown((text for _, text in document.lines()), "write .html or .md, which hold any script")
    file = io.BytesIO()
    pages = write_pdf(document, file)
    if most_pages and pages > most_pages:
        longest = max((text for _, text in document.lines()), key=len)
        raise ComplianceError(
            f"{path}: has no room on {most_pages} page for all that you say: shorten it in the "
            f"authorization record or in dpia.yaml, above all '{longest[:40]}…'"
        )
    write_atomically(path, file.getvalue())
