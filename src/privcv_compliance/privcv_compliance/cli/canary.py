# SPDX-License-Identifier: Apache-2.0
"""``privcv canary``: look for leaks now, and enter what was found."""

import json
import sys
from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option
from privcv_core.printable import printable


@click.command()
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(site_path: Path, as_json: bool) -> None:
    """Look for what should never be: images left in a running camera process or on disk, listeners
    on the graph, messages that could hold an image, files that others may read or write, stores in
    the clear.

    What is found goes into the audit log, from there to /diagnostics and into the assessment. Exits
    with 1 where something was found. Run it as root to look into the camera process. 'privcv
    up' and the timer of config/systemd run it each day.

    \b
    Example:
      sudo privcv canary --site site.yaml
    """
    from privcv_compliance.keeping.canary import FOUND, look, tell
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    checks = look(site)
    tell(site, checks)
    if as_json:
        rows = [{"check": c.name, "state": c.state, "findings": list(c.findings)} for c in checks]
        click.echo(json.dumps(rows, indent=2))
    else:
        for check in checks:
            click.echo(printable(str(check)))
    sys.exit(1 if any(check.state == FOUND for check in checks) else 0)
