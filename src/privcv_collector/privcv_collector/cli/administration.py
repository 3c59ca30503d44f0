# SPDX-License-Identifier: Apache-2.0
"""``privcv collector enrol | token | revoke``: who may send, and who may read."""

import json
from typing import Any

import click

from privcv_collector.cli.options import (
    DatabaseCommand,
    checked_device,
    checked_id,
    checked_name,
    checked_place,
    database_url,
    db_option,
)
from privcv_core.settings.number_option import Number


@click.command(cls=DatabaseCommand)
@db_option
@click.option("--site", help="Where the device will stand.")
@click.option("--replaces", metavar="ID", help="At the site of this device, which is revoked.")
@click.option("--valid-h", default=24.0, show_default=True, type=Number(0.02, 720), help="Hours.")
@click.option("--device", metavar="ID", help="Only for this device: see 'privcv keys show'.")
@click.pass_obj
def enrol(
    parent_db: str | None,
    db: str | None,
    site: str | None,
    replaces: str | None,
    valid_h: float,
    device: str | None,
) -> None:
    """Print a token with which one device can enrol, once.

    A device of version 0.1.0, or one that lost its first key, needs a token for its id (--device).
    A device that takes the place of another (--replaces) has a key of its own; the other is revoked
    at once, so that what it still holds is not counted beside it.

    \b
    Example:
      privcv collector enrol --db sqlite:///totals.db --site office
      privcv collector enrol --db sqlite:///totals.db --replaces 3f0c9d...
    """
    from privcv_collector.devices.administration import issue_enrolment_token
    from privcv_collector.devices.revocation import replace_device
    from privcv_collector.storage.database import open_database

    url, valid_s = database_url(db, parent_db), valid_h * 3600.0
    if replaces is not None:
        if site is not None or device is not None:
            raise click.UsageError("--replaces says the site, and its device has an id of its own")
        database = open_database(url, makes=False)
        click.echo(replace_device(database, checked_device(replaces), valid_s))
        return
    if site is None:
        raise click.UsageError("name the --site, or the device that it --replaces")
    if device is not None:
        checked_device(device)
    click.echo(issue_enrolment_token(url, checked_name(site), valid_s, device))


@click.command(cls=DatabaseCommand)
@db_option
@click.option("--name", required=True, help="A name to revoke it by.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "auditor", "admin", "display"]),
    default="viewer",
    show_default=True,
    help="viewer: totals. auditor: also budgets, checkpoints, refusals. admin: enrols and revokes. "
    "display: how it is now at one site, for a screen on a wall or at a door.",
)
@click.option("--site", "sites", multiple=True, help="Only this site (repeat for more).")
@click.option(
    "--place",
    "places",
    multiple=True,
    metavar="CAMERA/PLACE",
    help="Of a display: only this zone or line (repeat for more).",
)
@click.option("--valid-d", type=Number(0.001, 3650), help="Days.  [default: for ever]")
@click.pass_obj
def token(
    parent_db: str | None,
    db: str | None,
    name: str,
    role: Any,
    sites: tuple[str, ...],
    places: tuple[str, ...],
    valid_d: float | None,
) -> None:
    """Print an access token for a reader.

    \b
    Example:
      privcv collector token --db sqlite:///totals.db --role viewer --name reception --site office
      privcv collector token --db sqlite:///totals.db --role display --name door --site office \\
        --place lobby/left
    """
    from privcv_collector.devices.administration import issue_access_token

    valid_s = None if valid_d is None else valid_d * 86400.0
    wanted = [checked_name(site) for site in sites]
    database = database_url(db, parent_db)
    click.echo(
        issue_access_token(
            database,
            checked_name(name),
            role,
            wanted,
            valid_s,
            places=[checked_place(place) for place in places],
        )
    )


@click.command(cls=DatabaseCommand)
@db_option
@click.argument("device", required=False)
@click.option("--token", "token_name", metavar="NAME", help="Revoke this access token instead.")
@click.option("--id", "number", metavar="ID", help="Of the token, where several have its name.")
@click.option("--enrolment", metavar="ID", help="Revoke this unused enrolment token instead.")
@click.option("--keep-issued", is_flag=True, help="Leave the tokens that it issued.")
@click.option("--with-devices", is_flag=True, help="Also devices that enrolled by its tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON of what went with the token.")
@click.pass_obj
def revoke(
    parent_db: str | None,
    db: str | None,
    device: str | None,
    token_name: str | None,
    number: str | None,
    enrolment: str | None,
    keep_issued: bool,
    with_devices: bool,
    as_json: bool,
) -> None:
    """Refuse a device, or the holder of a token, from now on.

    With an administrator's token goes what was issued with it, and what was issued with that:
    access tokens, and enrolment tokens that nobody used. Devices that enrolled with one stay and
    are named.

    \b
    Example:
      privcv collector revoke --db sqlite:///totals.db 3f0c9d...
      privcv collector revoke --db sqlite:///totals.db --token reception
    """
    from dataclasses import asdict

    from privcv_collector.devices import revocation
    from privcv_collector.storage.database import open_database

    if [device, token_name, enrolment].count(None) != 2:
        raise click.UsageError("name one of DEVICE, --token NAME and --enrolment ID")
    enrolment = enrolment and checked_id(enrolment)
    number = number and checked_id(number)
    database = open_database(database_url(db, parent_db), makes=False)
    if device is not None:
        revocation.revoke_device(database, device)
    elif enrolment is not None:
        revocation.revoke_enrolment_token(database, enrolment)
    elif token_name is not None:
        done = revocation.revoke_access_token(
            database,
            token_name,
            number=number,
            keep_issued=keep_issued,
            with_devices=with_devices,
        )
        if as_json:
            click.echo(json.dumps(asdict(done), indent=2))
            return
        for what, names in asdict(done).items():
            if names:
                words = "not revoked" if what == "devices_left" else "revoked"
                kind = what.removesuffix("_left").replace("_", " ")
                click.echo(f"{words}: {kind}: {', '.join(names)}")
