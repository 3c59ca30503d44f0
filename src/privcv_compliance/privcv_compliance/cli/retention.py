# SPDX-License-Identifier: Apache-2.0
"""``privcv retention``: for how long what is kept is kept, and its end."""

import sys
from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option
from privcv_core.printable import printable


@click.group()
def command() -> None:
    """Show for how long things are kept on the device, and end what was kept for long enough.

    Days are those that the device ran: no clock that is set ends anything early. 'privcv up' and
    the timer of config/systemd run it each day.

    \b
    Examples:
      privcv retention status --site site.yaml
      privcv retention run --site site.yaml
    """


@command.command()
@site_option
def status(site_path: Path) -> None:
    """Print each store, for how long it is kept, by which setting, and who ends it.

    \b
    Example:
      privcv retention status --site site.yaml
    """
    from privcv_compliance.keeping.retention import first_needed, rules
    from privcv_compliance.site_file import SiteFile
    from privcv_core.audit.checkpoints import NEWEST
    from privcv_core.audit.device_age import device_running_s
    from privcv_core.audit.retention import DAY_S

    site = SiteFile.read(site_path)
    for rule in rules(site):
        click.echo(f"{rule.store:24} {rule.days:7g} days  {rule.setting:32} {rule.by}")
    needed = first_needed(site)
    if needed != NEWEST:
        click.echo(f"entries of the register from {needed} on are needed by what is open")
    ran_s = device_running_s(site.audit.folder, datetime.now(timezone.utc))
    click.echo(f"the device ran for {ran_s / DAY_S:.1f} days")


@command.command()
@site_option
def run(site_path: Path) -> None:
    """End what was kept for long enough; exits with 1 where something could not be.

    \b
    Example:
      privcv retention run --site site.yaml
    """
    from privcv_compliance.keeping.retention import end_what_is_old
    from privcv_compliance.site_file import SiteFile

    ended = end_what_is_old(SiteFile.read(site_path))
    for one in ended:
        click.echo(printable(str(one)))
    sys.exit(1 if any(one.problem for one in ended) else 0)
