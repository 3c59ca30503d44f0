# SPDX-License-Identifier: Apache-2.0
"""Options that the commands of ``privcv collector`` share: the database, and names of sites."""

import re
from typing import Any

import click


def _named(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    if url is not None and not url.strip():
        raise click.BadParameter("is empty; name a database, or leave it out for the default")
    return url


db_option = click.option(
    "--db",
    callback=_named,
    envvar="PRIVCV_COLLECTOR_DB",
    show_envvar=True,
    metavar="URL",
    help="Database: sqlite:///FILE or postgresql://USER@HOST/NAME.  [default: the file "
    "privcv-collector.db in the current folder]",
)


class DatabaseCommand(click.Command):
    """A command whose database may refuse: one line then, exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        from privcv_collector.storage.database import errors_of

        with errors_of(database_url(ctx.params.get("db"), ctx.obj)):
            return super().invoke(ctx)


def database_url(*candidates: str | None) -> str:
    """The first URL that was given, else the default of the settings."""
    from privcv_collector.settings import CollectorSettings

    given = next((url for url in candidates if url), None)
    return given or str(CollectorSettings.model_fields["db"].default)


def checked_name(text: str) -> str:
    """The name of a site or of a token; raises ``click.UsageError`` (exit status 2)."""
    from pydantic import TypeAdapter, ValidationError

    from privcv_core.settings.model import Name

    try:
        return str(TypeAdapter(Name).validate_python(text))
    except ValidationError as error:
        words = "use lower-case letters, digits and '_', at most 63"
        raise click.UsageError(f"{text!r} is not a name: {words}") from error


def checked_place(text: str) -> str:
    """Camera and zone or line of a display; raises ``click.UsageError``."""
    from privcv_collector.devices.administration import PLACE

    if not re.fullmatch(PLACE, text):
        raise click.UsageError(f"{text!r} is not a place: write CAMERA/ZONE, such as lobby/left")
    return text


def checked_device(text: str) -> str:
    """The id of a device; raises ``click.UsageError``."""
    return _digits(text, 32, "is not the id of a device, see 'privcv keys show'")


def checked_id(text: str) -> str:
    """The id of a token; raises ``click.UsageError``."""
    return _digits(text, 16, "is not the id of a token, see 'privcv collector tokens'")


def _digits(text: str, number: int, words: str) -> str:
    if not re.fullmatch(f"[0-9a-f]{{{number}}}", text):
        raise click.UsageError(f"{text!r} {words}: {number} hexadecimal digits")
    return text
