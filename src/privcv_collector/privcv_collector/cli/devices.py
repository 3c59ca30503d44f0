# SPDX-License-Identifier: Apache-2.0
"""``privcv collector devices``: when devices were last seen, and which releases never arrived."""

import json

import click

from privcv_collector.cli.options import DatabaseCommand, database_url, db_option


@click.command(cls=DatabaseCommand)
@db_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def devices(parent_db: str | None, db: str | None, as_json: bool) -> None:
    """List devices: when they were last seen, and which releases never arrived.

    \b
    Example:
      privcv collector devices --db sqlite:///totals.db
    """
    from privcv_collector.devices.access import Access
    from privcv_collector.devices.actions import COMMAND_LINE
    from privcv_collector.queries.audit_queries import list_devices
    from privcv_collector.storage.database import open_database

    with open_database(database_url(db, parent_db), makes=False).connect() as connection:
        sites = Access(COMMAND_LINE, "admin", frozenset()).site_keys(connection)
        found = list_devices(connection, sites)
    if as_json:
        click.echo(json.dumps({"devices": found}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "device", "site", "state", "last seen", "releases to", "missing", "of these given up"
    )
    for device in found:
        table.add_row(
            device["device"],
            device["site"],
            "revoked" if device["revoked_at"] else "active",
            device["last_seen_at"] or "never",
            str(device["last_release"]),
            str(sum(gap["missing"] for gap in device["gaps"])),
            str(sum(gap["declared"] for gap in device["gaps"])),
        )
    Console().print(table)
