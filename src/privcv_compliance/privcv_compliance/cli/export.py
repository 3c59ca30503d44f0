# SPDX-License-Identifier: Apache-2.0
"""``privcv export``: the documents that go with the assessment."""

from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.document_output import (
    answers_option,
    language_option,
    output_option,
    write_or_print,
)
from privcv_compliance.cli.site_option import site_option

KINDS = ("art30", "art32", "ai-act", "ccpa", "mapping", "breaches", "data-sheet")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@site_option
@output_option
@answers_option
@language_option
def command(
    kind: str, site_path: Path, output: Path | None, answers_path: Path | None, language: str
) -> None:
    """Write a document that goes with the assessment, each sentence with its evidence.

    \b
    art30       record of processing activities (GDPR)
    art32       security of processing, and how long what is kept (GDPR)
    ai-act      what the system does not do, by the fields of its messages
    ccpa        public commitment and recipient's clause for deidentified information
    mapping     where ISO 27701, 31700, 27559, WP216 and NIST SP 800-226 are answered
    breaches    every breach that was recorded, and who was told (GDPR Art. 33(5))
    data-sheet  what the reports are, how good, and what they are not for

    \b
    Example:
      privcv export art30 --site site.yaml --lang de -o verzeichnis.pdf
    """
    from privcv_compliance.controller.answers_file import AnswersFile
    from privcv_compliance.evidence.audit_facts import read_facts
    from privcv_compliance.exports.export import export
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    file = AnswersFile.read(answers_path) if answers_path else AnswersFile.beside(site)
    facts = read_facts(site.audit.folder)
    document = export(kind, site, facts, datetime.now(timezone.utc), file).translated(language)
    digest = write_or_print(document, output, (site_path, file.path))
    if output is not None:
        click.echo(f"{output}: {document.facts['attention']} to attend to; sha256 {digest}")
