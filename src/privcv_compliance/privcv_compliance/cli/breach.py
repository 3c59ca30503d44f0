# SPDX-License-Identifier: Apache-2.0
"""``privcv breach``: the register of breaches of personal data, their 72 hours and their report."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_compliance.breaches.register import DATA, LATE, OUTCOMES, RISKS, TOLD, WHAT, WHOM
from privcv_compliance.cli.document_output import output_option, write_or_print
from privcv_compliance.cli.site_option import site_option
from privcv_core.printable import printable

if TYPE_CHECKING:
    from privcv_compliance.breaches.register import Breach
    from privcv_compliance.site_file import SiteFile
    from privcv_core.audit.log import AuditLog

_breach = click.argument("breach_id", metavar="BREACH")
_time = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
_people = click.option(
    "--people",
    type=click.IntRange(0, 10_000_000),
    help="About how many people; left out while that is not known.",
)


@click.group()
def command() -> None:
    """Record a breach of personal data, watch its 72 hours, and report it (GDPR Art. 33, 34).

    Times are those of the site's time zone. The register stands in the audit log.

    \b
    Examples:
      privcv breach record --what "disk stolen" --data requests --whom requesters --risk risk \\
        --noticed "2026-01-31 09:00" --site site.yaml
      privcv breach report 1a2b3c4d --site site.yaml -o report.pdf
      privcv breach told 1a2b3c4d --to authority --site site.yaml
      privcv breach close 1a2b3c4d --outcome mended --site site.yaml
    """


@command.command()
@click.option("--what", type=click.Choice(WHAT), required=True, help="What happened.")
@click.option("--data", type=click.Choice(DATA), multiple=True, required=True, help="To what.")
@click.option("--whom", type=click.Choice(WHOM), multiple=True, required=True, help="Of whom.")
@click.option("--camera", "cameras", multiple=True, help="Camera in question.  [default: all]")
@click.option("--risk", type=click.Choice(RISKS), required=True, help="For people, as it seems.")
@_people
@click.option("--noticed", type=_time, help="When you became aware.  [default: now]")
@click.option("--happened", type=_time, help="When it happened, if that is known.")
@click.option("--reference", default="", help="Number of the case in your files, such as 2026/17.")
@site_option
def record(
    site_path: Path,
    what: str,
    data: tuple[str, ...],
    whom: tuple[str, ...],
    cameras: tuple[str, ...],
    risk: str,
    people: int | None,
    noticed: datetime | None,
    happened: datetime | None,
    reference: str,
) -> None:
    """Enter a breach, which starts its 72 hours; prints its id.

    \b
    Example:
      privcv breach record --what lost --data keys --whom visitors --risk none --site site.yaml
    """
    from privcv_compliance.breaches.register import record as enter
    from privcv_compliance.operator_log import operator_log
    from privcv_compliance.site_file import SiteFile
    from privcv_core.settings.time_zone import wall_clock

    site = SiteFile.read(site_path)
    for camera in cameras:
        site.camera(camera)
    now = datetime.now(timezone.utc)
    with operator_log(site.audit) as log:
        breach = enter(
            log,
            what=what,
            data=data,
            whom=whom,
            cameras=cameras or tuple(site.cameras),
            risk=risk,
            people=-1 if people is None else people,
            noticed=_at(site, noticed) or now,
            happened=_at(site, happened),
            reference=reference,
            now=now,
        )
    by = wall_clock(breach.deadline, site.time_zone)
    click.echo(f"{breach.id}  the authority is to be told by {by}")


@command.command(name="list")
@site_option
def list_(site_path: Path) -> None:
    """List all breaches, with what is left of their clocks.

    \b
    Example:
      privcv breach list --site site.yaml
    """
    from privcv_compliance.breaches.register import breaches_in
    from privcv_compliance.site_file import SiteFile
    from privcv_core.settings.time_zone import wall_clock

    site = SiteFile.read(site_path)
    now = datetime.now(timezone.utc)
    for breach in breaches_in(site.audit.folder):
        until = wall_clock(breach.deadline, site.time_zone)
        what = f"{breach.what}: {', '.join(breach.data)}"
        click.echo(printable(f"{breach.id}  {breach.state(now):10}  {until}  {what}"))


@command.command()
@_breach
@site_option
def show(breach_id: str, site_path: Path) -> None:
    """Print what the register says of one breach.

    \b
    Example:
      privcv breach show 1a2b3c4d --site site.yaml
    """
    from privcv_compliance.breaches.register import find_breach
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    breach = find_breach(site.audit.folder, breach_id)
    click.echo(f"{breach.id}  {breach.state(datetime.now(timezone.utc))}")
    for entry in breach.entries:
        facts = "  ".join(f"{name}={value}" for name, value in entry.facts.items())
        click.echo(printable(f"{entry.time}  {entry.reference}  {entry.event}  {facts}"))


@command.command()
@_breach
@site_option
@output_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report(breach_id: str, site_path: Path, output: Path | None, as_json: bool) -> None:
    """Write what Art. 33(3) asks for, with evidence from the logs; its digest is entered.

    \b
    Example:
      privcv breach report 1a2b3c4d --site site.yaml -o report.pdf
    """
    from privcv_compliance.breaches.register import reported
    from privcv_compliance.breaches.report import report_of

    with _at_work(site_path, breach_id) as (site, log, breach):
        document = report_of(site, breach, datetime.now(timezone.utc))
        digest = write_or_print(document, output, site_path, as_json=as_json)
        reported(log, breach, digest)
    if output is not None:
        click.echo(f"{output}: {document.facts['state']}; sha256 {digest}")


@command.command()
@_breach
@click.option("--risk", type=click.Choice(RISKS), help="For people, as it seems now.")
@_people
@site_option
def assess(breach_id: str, risk: str | None, people: int | None, site_path: Path) -> None:
    """Enter what more is known of the risk and of how many people (Art. 33(4)).

    \b
    Example:
      privcv breach assess 1a2b3c4d --risk high --people 40 --site site.yaml
    """
    from privcv_compliance.breaches.register import assess_again

    with _at_work(site_path, breach_id) as (_, log, breach):
        known = breach.people if people is None else people
        assess_again(log, breach, risk or breach.risk, known)
    click.echo(f"{breach_id}  assessed")


@command.command()
@_breach
@click.option("--to", type=click.Choice(TOLD), required=True, help="Who was told.")
@click.option("--when", type=_time, help="When.  [default: now]")
@click.option("--late", type=click.Choice(LATE), help="Why the authority was told after 72 hours.")
@site_option
def told(breach_id: str, to: str, when: datetime | None, late: str | None, site_path: Path) -> None:
    """Enter that the authority, the people or the controller were told.

    \b
    Example:
      privcv breach told 1a2b3c4d --to authority --site site.yaml
    """
    from privcv_compliance.breaches.register import tell

    now = datetime.now(timezone.utc)
    with _at_work(site_path, breach_id) as (site, log, breach):
        tell(log, breach, to, _at(site, when) or now, late or "", now)
    click.echo(f"{breach_id}  the {to} was told")


@command.command()
@_breach
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True, help="How it ended.")
@site_option
def close(breach_id: str, outcome: str, site_path: Path) -> None:
    """Close a breach, once all who are to be told were told.

    \b
    Example:
      privcv breach close 1a2b3c4d --outcome mended --site site.yaml
    """
    from privcv_compliance.breaches.register import close as close_breach

    with _at_work(site_path, breach_id) as (_, log, breach):
        close_breach(log, breach, outcome)
    click.echo(f"{breach_id}  closed")


@contextmanager
def _at_work(site_path: Path, breach_id: str) -> "Iterator[tuple[SiteFile, AuditLog, Breach]]":
    """The site, its log, which nobody else writes meanwhile, and the breach as it stands there."""
    from privcv_compliance.breaches.register import find_breach
    from privcv_compliance.operator_log import operator_log
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    with operator_log(site.audit) as log:
        yield site, log, find_breach(site.audit.folder, breach_id)


def _at(site: "SiteFile", local: datetime | None) -> datetime | None:
    """A time by the site's clock as an aware one. Raises ``ComplianceError`` for none there is."""
    from privcv_compliance.errors import ComplianceError
    from privcv_core.settings.time_zone import time_zone

    if local is None:
        return None
    try:
        moment = local.replace(tzinfo=time_zone(site.time_zone)).astimezone(timezone.utc)
    except OverflowError as error:  # of the year 1 or 9999, where UTC is in another
        raise ComplianceError(f"{local:%Y-%m-%d %H:%M}: check the year") from error
    if moment.astimezone(time_zone(site.time_zone)).replace(tzinfo=None) != local:
        raise ComplianceError(f"{local:%Y-%m-%d %H:%M}: the clocks of {site.time_zone} skip it")
    return moment
