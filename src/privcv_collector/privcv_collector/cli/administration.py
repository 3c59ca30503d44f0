# SPDX-License-Identifier: Apache-2.0
"""``privcv collector enrol | token | revoke``: who may send, and who may read."""

from typing import Any

import click

from privcv_collector.cli.options import checked_name, database_url, db_option


@click.command()
@db_option
@click.option("--site", required=True, help="Where the device will stand.")
@click.option(
    "--valid-h", default=24.0, show_default=True, type=click.FloatRange(0.02, 720), help="Hours."
)
@click.pass_obj
def enrol(parent_db: str | None, db: str | None, site: str, valid_h: float) -> None:
    """Print a token with which one device can enrol, once.

    \b
    Example:
      privcv collector enrol --db sqlite:///totals.db --site office
    """
    from privcv_collector.devices.administration import issue_enrolment_token

    click.echo(
        issue_enrolment_token(database_url(db, parent_db), checked_name(site), valid_h * 3600.0)
    )


@click.command()
@db_option
@click.option("--name", required=True, help="A name to revoke it by.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "auditor", "admin"]),
    default="viewer",
    show_default=True,
    help="viewer: totals. auditor: also budgets, checkpoints, refusals. admin: enrols and revokes.",
)
@click.option("--site", "sites", multiple=True, help="Only this site (repeat for more).")
@click.option("--valid-d", type=click.FloatRange(0.001, 3650), help="Days.  [default: for ever]")
@click.pass_obj
def token(
    parent_db: str | None,
    db: str | None,
    name: str,
    role: Any,
    sites: tuple[str, ...],
    valid_d: float | None,
) -> None:
    """Print an access token for a reader.

    \b
    Example:
      privcv collector token --db sqlite:///totals.db --role viewer --name reception --site office
    """
    from privcv_collector.devices.administration import issue_access_token

    valid_s = None if valid_d is None else valid_d * 86400.0
    wanted = [checked_name(site) for site in sites]
    click.echo(
        issue_access_token(database_url(db, parent_db), checked_name(name), role, wanted, valid_s)
    )


@click.command()
@db_option
@click.argument("device", required=False)
@click.option("--token", "token_name", metavar="NAME", help="Revoke this access token instead.")
@click.pass_obj
def revoke(
    parent_db: str | None, db: str | None, device: str | None, token_name: str | None
) -> None:
    """Refuse a device, or the holder of an access token, from now on.

    \b
    Example:
      privcv collector revoke --db sqlite:///totals.db 3f0c9d...
      privcv collector revoke --db sqlite:///totals.db --token reception
    """
    from privcv_collector.devices.administration import revoke_access_token, revoke_device

    if (device is None) == (token_name is None):
        raise click.UsageError("name either a DEVICE or --token NAME")
    if device is not None:
        revoke_device(database_url(db, parent_db), device)
    elif token_name is not None:
        revoke_access_token(database_url(db, parent_db), token_name)
