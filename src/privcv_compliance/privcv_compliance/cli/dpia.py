# SPDX-License-Identifier: Apache-2.0
"""``privcv dpia``: the impact assessment of a site."""

from datetime import datetime, timezone
from pathlib import Path

import click


@click.command()
@click.option(
    "--site",
    "site_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Site file to assess.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .pdf, .md or .json.  [default: Markdown on standard output]",
)
@click.option(
    "--also",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Another folder to look through for files that do not belong there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(site_path: Path, output: Path | None, also: tuple[Path, ...], as_json: bool) -> None:
    """Write the impact assessment of a site, each sentence with its evidence.

    \b
    Examples:
      privcv dpia --site config/demo.yaml -o dpia.pdf
      privcv dpia --site config/demo.yaml --json
    """
    from privcv_compliance.assessment.dpia import assess
    from privcv_compliance.documents.document_file import write_document
    from privcv_compliance.evidence.audit_facts import read_facts
    from privcv_compliance.evidence.state_scan import scan_site
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    now = datetime.now(timezone.utc)
    document = assess(site, scan_site(site, also), read_facts(site.audit.folder), now)
    if output is not None:
        digest = write_document(document, output)
        click.echo(
            f"{output}: {document.facts['attention']} to attend to, "
            f"{document.facts['not_measured']} not measured; sha256 {digest}"
        )
    else:
        click.echo(document.to_json() if as_json else document.markdown(), nl=False)
