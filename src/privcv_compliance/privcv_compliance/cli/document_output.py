# SPDX-License-Identifier: Apache-2.0
"""Where a command puts a document: the file that ``--output`` names, or standard output."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from privcv_compliance.documents.document import Document

output_option = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .pdf, .md or .json.  [default: Markdown on standard output]",
)


def write_or_print(
    document: "Document", output: Path | None, site: Path, *, as_json: bool = False
) -> str:
    """Write ``document`` to ``output``, or print it; returns the SHA-256 of what was, hex digits.

    ``site``: the site file that it was made from. Raises ``ComplianceError`` or ``FileWriteError``
    where the file cannot be written.
    """
    from privcv_compliance.documents.document_file import write_document
    from privcv_core.files.output_file import refuse_input

    if output is not None:
        refuse_input(output, (site,))
        return write_document(document, output)
    text = document.to_json() if as_json else document.markdown()
    click.echo(text, nl=False)
    return hashlib.sha256(text.encode()).hexdigest()
