# SPDX-License-Identifier: Apache-2.0
"""``privcv dsr``: requests of data subjects, answered from evidence, with their deadlines."""

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from privcv_compliance.answers.words import BY_HAND
from privcv_compliance.cli import dsr_register
from privcv_compliance.cli.document_output import output_option
from privcv_compliance.cli.dsr_entry import (
    access_entry,
    deliver,
    enter,
    entered_options,
    find_or_enter,
)
from privcv_compliance.cli.dsr_letter import letter
from privcv_compliance.cli.dsr_register import at_work
from privcv_compliance.cli.site_option import also_option, site_option
from privcv_core.printable import printable
from privcv_core.settings.graph_options import namespace_option

if TYPE_CHECKING:
    from privcv_compliance.answers.requests import Kind

Function = TypeVar("Function", bound=Callable[..., Any])

_request = click.option("--request", "request_id", help="Id of a request that was entered before.")


def _answered(function: Function) -> Function:
    """What an answer needs: the request, entered before or now, and where to look and write."""
    for option in (output_option, also_option, entered_options, _request, site_option):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """Receive, answer and track requests of data subjects.

    \b
    Examples:
      privcv dsr receive access --site site.yaml --reference 2026/17
      privcv dsr access --site site.yaml --request 1a2b3c4d -o answer.pdf
      privcv dsr delete --site site.yaml
      privcv dsr letter 1a2b3c4d --site site.yaml --lang de -o letter.pdf
      privcv dsr answer 1a2b3c4d --outcome granted --document letter.pdf --site site.yaml
      privcv dsr list --site site.yaml
    """


for _follow_up in (*dsr_register.COMMANDS, letter):
    command.add_command(_follow_up)


@command.command()
@click.argument("kind", type=click.Choice(["access", "delete", "object", "restrict", "rectify"]))
@site_option
@entered_options
def receive(kind: "Kind", site_path: Path, **entered: Any) -> None:
    """Enter a request, which starts its deadline; prints its id.

    A deadline under the GDPR that ends on a Saturday, a Sunday or one of the site's 'holidays' ends
    on the next working day. Under the CCPA the receipt is to be confirmed within ten business days.

    \b
    Example:
      privcv dsr receive delete --site site.yaml --received 2026-01-31 --reference 2026/17
    """
    from privcv_compliance.site_file import SiteFile

    request = enter(SiteFile.read(site_path), kind, **entered)
    confirm = f"  confirm by {request.confirm_by}" if request.confirm_by else ""
    click.echo(f"{request.id}  due {request.deadline}{confirm}")


@command.command()
@_answered
def access(
    site_path: Path,
    request_id: str | None,
    also: tuple[Path, ...],
    output: Path | None,
    **entered: Any,
) -> None:
    """Answer what is in memory, on disk and sent (GDPR Art. 15).

    \b
    Example:
      privcv dsr access --site site.yaml -o answer.pdf
    """
    from privcv_compliance.answers.access_answer import answer_access
    from privcv_compliance.evidence.audit_facts import read_facts
    from privcv_compliance.evidence.running_processes import running_processes
    from privcv_compliance.evidence.state_scan import scan_site
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    request = find_or_enter(site, request_id, "access", entered)
    now = datetime.now(timezone.utc)
    scan = scan_site(site, also)
    processes = running_processes().of_site(site.cameras, scan.folders)
    facts = read_facts(site.audit.folder)
    document = answer_access(site, request, scan, facts, processes, now)
    deliver(site, request, document, output)


@command.command()
@_answered
@namespace_option
@click.option(
    "--remove-leftovers", is_flag=True, help="Delete the files that do not belong here, too."
)
def delete(
    site_path: Path,
    request_id: str | None,
    also: tuple[Path, ...],
    output: Path | None,
    namespace: str,
    remove_leftovers: bool,
    **entered: Any,
) -> None:
    """Forget every identity, wipe tracks and buffers, and say with proof what is left (Art. 17).

    \b
    Example:
      privcv dsr delete --site site.yaml --request 1a2b3c4d -o answer.pdf
    """
    from privcv_compliance.answers.erasure_answer import answer_delete, erase
    from privcv_compliance.evidence.folder_walk import ATTRIBUTES, FOLDER, remove_attributes
    from privcv_compliance.evidence.running_processes import running_processes
    from privcv_compliance.evidence.state_scan import scan_site
    from privcv_compliance.graph.live_graph import RunningGraph
    from privcv_compliance.site_file import SiteFile
    from privcv_core.files.folder import remove, remove_empty
    from privcv_core.files.shown_name import in_utf8

    site = SiteFile.read(site_path, namespace)
    request = find_or_enter(site, request_id, "delete", entered)
    began = datetime.now(timezone.utc)
    with RunningGraph(site.site.graph_secret, namespace=site.site.namespace) as graph:
        steps = erase(graph, request)
    if remove_leftovers:
        removers = {ATTRIBUTES: remove_attributes, FOLDER: remove_empty}
        for leftover in scan_site(site, also).leftovers:
            name = in_utf8(leftover.path)
            click.confirm(f"Delete {name} ({leftover.what})?", abort=True, err=True)
            try:
                removers.get(leftover.what, remove)(leftover.path)
            except OSError as error:
                # It stays, and the answer names it.
                click.echo(f"{name}: cannot be removed: {error.strerror}", err=True)
    scan = scan_site(site, also)
    processes = running_processes().of_site(site.cameras, scan.folders)
    now = datetime.now(timezone.utc)
    document = answer_delete(site, request, steps, scan, processes, began, now)
    deliver(site, request, document, output)


@command.command()
@click.argument("request_id")
@site_option
@click.option(
    "--outcome",
    type=click.Choice(BY_HAND),
    required=True,
    help="What the controller decided.",
)
@click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The answer that was sent; its digest is recorded.",
)
def answer(request_id: str, site_path: Path, outcome: str, document: Path) -> None:
    """Enter an answer that the controller wrote, and close the request.

    \b
    Example:
      privcv dsr answer 1a2b3c4d --outcome granted --document letter.pdf --site site.yaml
    """
    from privcv_compliance.answers.requests import answered
    from privcv_compliance.errors import ComplianceError
    from privcv_core.files.input_file import digest_input

    try:
        digest = digest_input(document)
    except OSError as error:
        raise ComplianceError(f"{document}: cannot be read: {error.strerror}") from error
    with at_work(site_path, request_id) as (_, log, request):
        if request.is_closed:
            raise ComplianceError(f"request {request.id} was answered on {request.answered}")
        access_entry(log, request)
        answered(log, request, outcome, digest, 0)
    click.echo(f"{request_id}  {outcome}")


@command.command(name="list")
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_requests(site_path: Path, as_json: bool) -> None:
    """List all requests with their deadlines; days are those of the site's time zone.

    \b
    Example:
      privcv dsr list --site site.yaml
    """
    from privcv_compliance.answers.requests import requests_in
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    today = site.today()
    requests = requests_in(site.audit.folder, site.time_zone)
    if as_json:
        rows = [{**vars(request), "state": request.state(today)} for request in requests]
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for request in requests:
        line = (
            f"{request.id}  {request.kind:7} {request.law}  received {request.received}  "
            f"due {request.deadline}  {request.state(today):11} {request.outcome}"
            + (f"  complaint to the {request.complaint}" if request.complaint else "")
        )
        click.echo(printable(line))
