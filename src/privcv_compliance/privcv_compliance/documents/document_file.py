# SPDX-License-Identifier: Apache-2.0
"""Writes a document to a file: PDF (A4, searchable text), Markdown or JSON, by its ending."""

from pathlib import Path

from privcv_compliance.documents.document import Document
from privcv_compliance.documents.pdf_pages import write_pdf
from privcv_compliance.documents.shown_text import check_shown
from privcv_compliance.errors import ComplianceError
from privcv_core.files.atomic_file import replacing, write_atomically
from privcv_core.files.regular_file import digest_regular


def write_document(document: Document, path: Path) -> str:
    """Write ``document`` to ``path`` (.pdf, .md or .json); returns the SHA-256 of the file."""
    if path.suffix not in (".pdf", ".md", ".json"):
        raise ComplianceError(f"{path}: must end in .pdf, .md or .json")
    try:
        if path.suffix == ".pdf":
            lines = (text for _, text in document.lines())
            check_shown(lines, "write .md or .json, which hold any script")
            with replacing(path) as file:
                write_pdf(document, file)
        else:
            text = document.markdown() if path.suffix == ".md" else document.to_json()
            write_atomically(path, text)
        return digest_regular(path)
    except OSError as error:
        raise ComplianceError(f"{path}: cannot be read again: {error.strerror}") from error
