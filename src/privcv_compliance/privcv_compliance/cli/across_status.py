# SPDX-License-Identifier: Apache-2.0
"""``privcv across status``: in which sums over sites a device takes part, and why not in others."""

import sys
from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option
from privcv_core.printable import printable


@click.command()
@site_option
def command(site_path: Path) -> None:
    """Say of each task in the state folder whether this device takes part in it, or why not.

    The same is asked, and shown on /diagnostics, whenever the privacy process starts. Exits with 1
    where it does not take part in one.

    \b
    Example:
      privcv across status --site site.yaml
    """
    from privcv_privacy.across.joined_tasks import join_tasks
    from privcv_site.site import load_site

    site = load_site(site_path)
    if site.across is None:
        click.echo("takes part in no sum over sites: the site file has no 'across'")
        return
    found = join_tasks(site.across, site.privacy, site.across_folder, site.counted_zones)
    for one in found.tasks:
        task = one.task
        click.echo(
            f"task {one.name}: takes part, {len(task.roster)} sites, at least {task.min_sites}, "
            f"{len(task.cells)} cells, epsilon {task.noise.epsilon:g}, {one.sums.report_size} "
            f"bytes each {task.window_s} s, from {task.begins} until {task.expires}"
        )
    for words in found.refused:
        click.echo(f"not part of a sum over sites: {printable(words)}")
    if not found.tasks and not found.refused:
        click.echo("takes part in no sum over sites: no task was joined")
    sys.exit(1 if found.refused else 0)
