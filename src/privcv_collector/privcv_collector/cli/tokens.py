# SPDX-License-Identifier: Apache-2.0
"""``privcv collector tokens | actions``: which tokens there are, and what administrators did."""

import json
from collections.abc import Sequence
from typing import Any

import click

from privcv_collector.cli.options import DatabaseCommand, database_url, db_option
from privcv_core.settings.number_option import Number

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command(cls=DatabaseCommand)
@db_option
@click.option("--site", help="Only tokens that are good at this site.")
@click.option("--active", is_flag=True, help="Only those that can still be used.")
@_json
@click.pass_obj
def tokens(
    parent_db: str | None, db: str | None, site: str | None, active: bool, as_json: bool
) -> None:
    """List access tokens and enrolment tokens: whose, for what, from whom. Never a token itself.

    \b
    Example:
      privcv collector tokens --db sqlite:///totals.db --active
    """
    from privcv_collector.queries.token_queries import list_access_tokens, list_enrolment_tokens
    from privcv_collector.storage.database import open_database

    with open_database(database_url(db, parent_db), makes=False).connect() as connection:
        access = list_access_tokens(connection, (), site, active)
        enrolment = list_enrolment_tokens(connection, (), site, active)
    if as_json:
        click.echo(json.dumps({"access_tokens": access, "enrolment_tokens": enrolment}, indent=2))
        return
    kept = ("id", "name", "role", "sites", "state", "expires_at", "issued_by")
    _print("access tokens", kept, access)
    _print(
        "enrolment tokens", ("id", "site", "state", "device", "expires_at", "issued_by"), enrolment
    )


@click.command(cls=DatabaseCommand)
@db_option
@click.option(
    "--limit", default=100, show_default=True, type=Number(1, 10_000, whole=True),
    help="So many of the newest.",
)  # fmt: skip
@_json
@click.pass_obj
def actions(parent_db: str | None, db: str | None, limit: int, as_json: bool) -> None:
    """List what administrators did, newest first: who, what, when, and for which sites.

    \b
    Example:
      privcv collector actions --db sqlite:///totals.db --limit 20
    """
    from privcv_collector.queries.token_queries import list_actions
    from privcv_collector.storage.database import open_database

    with open_database(database_url(db, parent_db), makes=False).connect() as connection:
        found = list_actions(connection, (), limit)
    if as_json:
        click.echo(json.dumps({"actions": found}, indent=2))
        return
    _print("actions", ("at", "actor", "actor_id", "action", "target", "sites"), found)


def _print(title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*(column.replace("_", " ") for column in columns), title=title)
    for row in rows:
        table.add_row(*(_text(row[column]) for column in columns))
    Console().print(table)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "every site"
    return "-" if value is None else str(value)
