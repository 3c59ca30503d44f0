# SPDX-License-Identifier: Apache-2.0
"""Options that the commands of ``privcv collector`` share: the database, and names of sites."""

import re

import click

db_option = click.option(
    "--db",
    envvar="PRIVCV_COLLECTOR_DB",
    show_envvar=True,
    metavar="URL",
    help="Database: sqlite:///FILE or postgresql://USER@HOST/NAME.  [default: the file "
    "privcv-collector.db in the current folder]",
)


def database_url(*candidates: str | None) -> str:
    """The first URL that was given, else the default of the settings."""
    from privcv_collector.settings import CollectorSettings

    given = next((url for url in candidates if url), None)
    return given or str(CollectorSettings.model_fields["db"].default)


def checked_name(text: str) -> str:
    """The name of a site or of a token; raises ``click.UsageError`` (exit status 2)."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", text):
        raise click.UsageError(
            f"'{text}' is not a name: use lower-case letters, digits and '_', at most 63"
        )
    return text
