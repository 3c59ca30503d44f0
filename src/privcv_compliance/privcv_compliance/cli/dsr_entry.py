# SPDX-License-Identifier: Apache-2.0
"""How a request comes into the register from the command line, and an answer goes out of it."""

import getpass
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from privcv_compliance.cli.document_output import write_or_print

if TYPE_CHECKING:
    from privcv_compliance.answers.deadlines import Law
    from privcv_compliance.answers.requests import Kind, Request
    from privcv_compliance.documents.document import Document
    from privcv_compliance.site_file import SiteFile
    from privcv_core.audit.log import AuditLog

Function = TypeVar("Function", bound=Callable[..., Any])

_law = click.option(
    "--law", type=click.Choice(["gdpr", "ccpa"]), default="gdpr", show_default=True,
    help="Under which it is made: deadlines and words follow from it.",
)  # fmt: skip
_cameras = click.option(
    "--camera", "cameras", multiple=True, help="Camera that it is about.  [default: all]"
)
_received = click.option(
    "--received",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day on which the request came, no later than today at the site.  [default: today]",
)
_reference = click.option(
    "--reference", default="", help="Number of the case in the controller's files, such as 2026/17."
)


def entered_options(function: Function) -> Function:
    """What is known of a request when it comes in."""
    for option in (_reference, _received, _cameras, _law):
        function = option(function)
    return function


def find_or_enter(
    site: "SiteFile",
    request_id: str | None,
    kind: "Kind",
    entered: dict[str, Any],
) -> "Request":
    """The request ``request_id``, or a new one as ``entered``. Raises ``ComplianceError``."""
    from privcv_compliance.answers.requests import find_request
    from privcv_compliance.errors import ComplianceError

    if request_id is None:
        return enter(site, kind, **entered)
    request = find_request(site.audit.folder, request_id, site.time_zone)
    if request.kind != kind or request.is_closed:
        raise ComplianceError(
            f"request {request_id} is for {request.kind}"
            + (f" and was answered on {request.answered}" if request.is_closed else "")
        )
    return request


def enter(
    site: "SiteFile",
    kind: "Kind",
    law: "Law",
    cameras: tuple[str, ...],
    received: datetime | None,
    reference: str,
) -> "Request":
    """A new request, by the calendar of the site. Raises ``ComplianceError``."""
    from privcv_compliance.answers.requests import register
    from privcv_compliance.operator_log import operator_log

    names = [site.camera(name).name for name in cameras] or list(site.cameras)
    today = site.today()
    day: date = received.date() if received else today
    holidays = site.site.holidays
    with operator_log(site.audit) as log:
        return register(log, kind, law, names, day, reference, today=today, holidays=holidays)


def deliver(
    site: "SiteFile", request: "Request", document: "Document", output: Path | None
) -> None:
    """Write or print ``document``, and enter that the request was answered with it."""
    from privcv_compliance.answers.requests import answered
    from privcv_compliance.operator_log import operator_log

    digest = write_or_print(document, output, site.path)
    if output is not None:
        click.echo(f"{output}: request {request.id}: {document.facts['outcome']}")
    outcome, leftovers = str(document.facts["outcome"]), int(document.facts["leftovers"])
    with operator_log(site.audit) as log:
        access_entry(log, request)
        answered(log, request, outcome, digest, leftovers)


def access_entry(log: "AuditLog", request: "Request") -> None:
    """Enter which account of this machine answered."""
    from privcv_core.audit.events import MAX_TEXT

    log.append(
        "access",
        who=getpass.getuser()[:MAX_TEXT],
        what=f"request {request.id}",
        reason=f"answered a request for {request.kind}",
    )
