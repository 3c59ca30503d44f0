# SPDX-License-Identifier: Apache-2.0
"""``privcv across key``: the key that a device signs its shares with."""

from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option


@click.command()
@site_option
def command(site_path: Path) -> None:
    """Print the public key of this device for sums over sites; the first time it is made.

    It is not the key of the uplink, which sees nothing but what is sealed. Operators put it on the
    roster of a task.

    \b
    Example:
      privcv across key --site site.yaml
    """
    from privcv_across.task.task_folder import new_key, read_key
    from privcv_site.site import load_site

    folder = load_site(site_path).across_folder
    key = read_key(folder) if (folder / "key").exists() else new_key(folder)
    click.echo(key.public)
