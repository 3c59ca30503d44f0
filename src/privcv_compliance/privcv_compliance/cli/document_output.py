# SPDX-License-Identifier: Apache-2.0
"""Where a command puts a document: the file that ``--output`` names, or standard output."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_compliance.languages.catalogue import LANGUAGES

if TYPE_CHECKING:
    from privcv_compliance.documents.document import Document

output_option = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .pdf, .md or .json.  [default: Markdown on standard output]",
)

language_option = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="Language of the document; what people typed stays as they typed it.",
)

answers_option = click.option(
    "--answers",
    "answers_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The controller's answers.  [default: dpia.yaml beside the site file]",
)


def write_or_print(
    document: "Document",
    output: Path | None,
    made_from: Path | tuple[Path, ...],
    *,
    as_json: bool = False,
) -> str:
    """Write ``document`` to ``output``, or print it; returns the SHA-256 of what was, hex digits.

    ``made_from``: the site file that it was made from, and others. Raises ``ComplianceError`` or
    ``FileWriteError`` where the file cannot be written.
    """
    from privcv_compliance.documents.document_file import write_document
    from privcv_core.files.output_file import refuse_input

    if output is not None:
        refuse_input(output, made_from if isinstance(made_from, tuple) else (made_from,))
        return write_document(document, output)
    text = document.to_json() if as_json else document.markdown()
    click.echo(text, nl=False)
    return hashlib.sha256(text.encode()).hexdigest()
