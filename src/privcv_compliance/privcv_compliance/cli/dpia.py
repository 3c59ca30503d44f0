# SPDX-License-Identifier: Apache-2.0
"""``privcv dpia``: the impact assessment of a site."""

from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.document_output import output_option, write_or_print
from privcv_compliance.cli.site_option import also_option, site_option


@click.command()
@site_option
@output_option
@also_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(site_path: Path, output: Path | None, also: tuple[Path, ...], as_json: bool) -> None:
    """Write the impact assessment of a site, each sentence with its evidence.

    \b
    Examples:
      privcv dpia --site config/demo.yaml -o dpia.pdf
      privcv dpia --site config/demo.yaml --json
    """
    from privcv_compliance.assessment.dpia import assess
    from privcv_compliance.evidence.audit_facts import read_facts
    from privcv_compliance.evidence.state_scan import scan_site
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    now = datetime.now(timezone.utc)
    document = assess(site, scan_site(site, also), read_facts(site.audit.folder), now)
    digest = write_or_print(document, output, site_path, as_json=as_json)
    if output is not None:
        click.echo(
            f"{output}: {document.facts['attention']} to attend to, "
            f"{document.facts['not_measured']} not measured; sha256 {digest}"
        )
