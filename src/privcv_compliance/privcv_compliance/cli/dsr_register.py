# SPDX-License-Identifier: Apache-2.0
"""``privcv dsr confirm|extend|pause|resume|reopen|complaint``: what becomes of a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_compliance.answers.words import COMPLAINTS, EXTENSIONS, PAUSES, REOPENINGS
from privcv_compliance.cli.site_option import site_option

if TYPE_CHECKING:
    from privcv_compliance.answers.requests import Request
    from privcv_compliance.site_file import SiteFile
    from privcv_core.audit.log import AuditLog

_request = click.argument("request_id")


@contextmanager
def at_work(site_path: Path, request_id: str) -> "Iterator[tuple[SiteFile, AuditLog, Request]]":
    """The site, its log, held until the block ends, and a request in it."""
    from privcv_compliance.answers.requests import find_request
    from privcv_compliance.operator_log import operator_log
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    with operator_log(site.audit) as log:
        yield site, log, find_request(site.audit.folder, request_id, site.time_zone)


@click.command()
@_request
@site_option
def confirm(request_id: str, site_path: Path) -> None:
    """Enter that the person was told that the request came (CCPA: within ten business days).

    \b
    Example:
      privcv dsr confirm 1a2b3c4d --site site.yaml
    """
    from privcv_compliance.answers.requests import confirm as confirm_request

    with at_work(site_path, request_id) as (_, log, request):
        confirm_request(log, request)
    click.echo(f"{request_id}  confirmed")


@click.command()
@_request
@click.option("--reason", type=click.Choice(EXTENSIONS), required=True, help="Tell the person.")
@site_option
def extend(request_id: str, reason: str, site_path: Path) -> None:
    """Extend the deadline of a request, once, before it is over.

    \b
    Example:
      privcv dsr extend 1a2b3c4d --reason number --site site.yaml
    """
    from privcv_compliance.answers.requests import extend as extend_request

    with at_work(site_path, request_id) as (site, log, request):
        holidays = site.site.holidays
        later = extend_request(log, request, reason, today=site.today(), holidays=holidays)
    click.echo(f"{later.id}  due {later.deadline}")


@click.command()
@_request
@click.option("--reason", type=click.Choice(PAUSES), required=True, help="What was asked back.")
@site_option
def pause(request_id: str, reason: str, site_path: Path) -> None:
    """Stop the clock while the person is asked who or what is meant (GDPR only).

    \b
    Example:
      privcv dsr pause 1a2b3c4d --reason clarification --site site.yaml
    """
    from privcv_compliance.answers.requests import pause as pause_request

    with at_work(site_path, request_id) as (site, log, request):
        pause_request(log, request, reason, site.today())
    click.echo(f"{request_id}  paused")


@click.command()
@_request
@site_option
def resume(request_id: str, site_path: Path) -> None:
    """Let the clock run on; the deadline is later by the days of the pause.

    \b
    Example:
      privcv dsr resume 1a2b3c4d --site site.yaml
    """
    from privcv_compliance.answers.requests import resume as resume_request

    with at_work(site_path, request_id) as (site, log, request):
        later = resume_request(log, request, site.today(), site.site.holidays)
    click.echo(f"{later.id}  due {later.deadline}")


@click.command()
@_request
@click.option("--reason", type=click.Choice(REOPENINGS), required=True, help="Why it is not over.")
@site_option
def reopen(request_id: str, reason: str, site_path: Path) -> None:
    """Open a request again that was answered.

    \b
    Example:
      privcv dsr reopen 1a2b3c4d --reason "new facts" --site site.yaml
    """
    from privcv_compliance.answers.requests import reopen as reopen_request

    with at_work(site_path, request_id) as (_, log, request):
        again = reopen_request(log, request, reason)
    click.echo(f"{again.id}  due {again.deadline}")


@click.command()
@_request
@click.option("--to", type=click.Choice(COMPLAINTS), required=True, help="Who got the complaint.")
@site_option
def complaint(request_id: str, to: str, site_path: Path) -> None:
    """Enter that the person complained of the answer.

    \b
    Example:
      privcv dsr complaint 1a2b3c4d --to authority --site site.yaml
    """
    from privcv_compliance.answers.requests import complain

    with at_work(site_path, request_id) as (_, log, request):
        complain(log, request, to)
    click.echo(f"{request_id}  complaint to the {to}")


COMMANDS = (confirm, extend, pause, resume, reopen, complaint)
