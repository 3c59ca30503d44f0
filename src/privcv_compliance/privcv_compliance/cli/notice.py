# SPDX-License-Identifier: Apache-2.0
"""``privcv notice``: the sign for the door and what belongs to it, from the signed records."""

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_compliance.cli.site_option import site_option
from privcv_compliance.languages.catalogue import PUBLIC_LANGUAGES

if TYPE_CHECKING:
    from privcv_compliance.notice.details import Details
    from privcv_compliance.site_file import SiteFile


@click.command()
@site_option
@click.option("--camera", help="Name of the camera; a sign needs it where the site has several.")
@click.option("--full", is_flag=True, help="The whole notice: .pdf, .html or .md.")
@click.option("--staff", is_flag=True, help="Facts for staff and works council: .pdf, .md, .json.")
@click.option("--advance", is_flag=True, help="A sign that hangs before the record begins.")
@click.option(
    "--lang", type=click.Choice(PUBLIC_LANGUAGES), default="en", show_default=True,
    help="Language of what is written.",
)  # fmt: skip
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; a sign is .pdf or .png.",
)
def command(
    site_path: Path,
    camera: str | None,
    full: bool,
    staff: bool,
    advance: bool,
    lang: str,
    output: Path,
) -> None:
    """Render the sign for the door, from the signed record and the answers in dpia.yaml.

    It says what EDPB Guidelines 3/2019 (section 7) want of a first layer, and its QR code leads to
    the second, which --full makes. Refuses where the record is not in force (a sign must not say
    what the gate does not), where something is not answered, and where something has no room. It
    needs a user who may read the audit log, where withdrawals are written down.

    \b
    Examples:
      privcv notice --site site.yaml --camera lobby --lang de -o sign.pdf
      privcv notice --site site.yaml --full --lang fr -o notice.html
      privcv notice --site site.yaml --advance -o from-december.pdf
      privcv notice --site site.yaml --staff -o works-council.pdf
    """
    from privcv_compliance.documents.document_file import write_document
    from privcv_compliance.documents.public_document import write_public
    from privcv_compliance.languages.reviewed import review_note
    from privcv_compliance.notice.details import details_of
    from privcv_compliance.notice.full_notice import full_notice
    from privcv_compliance.notice.sign import render_sign
    from privcv_compliance.notice.staff_sheet import staff_sheet
    from privcv_compliance.site_file import SiteFile
    from privcv_core.files.output_file import refuse_input

    if full + staff + advance > 1:
        raise click.UsageError("give one of --full, --staff, --advance")
    site = SiteFile.read(site_path)
    is_sign = not (full or staff)
    if camera is None and is_sign and len(site.cameras) > 1:
        raise click.UsageError(f"name a camera: {', '.join(site.cameras)}")
    names = [camera] if camera else list(site.cameras)
    cameras = [details_of(site, site.camera(name)) for name in names]
    for details in cameras:
        _require_in_force(site, details, advance=advance)
    records = [d.camera.authorization.file for d in cameras if d.camera.authorization]
    refuse_input(output, (site_path, cameras[0].answers.path, *records))
    if is_sign:
        render_sign(cameras[0], output, lang, advance=advance)
    elif full:
        write_public(full_notice(cameras, site.today()).translated(lang), output)
    else:
        write_document(staff_sheet(cameras, site.today()).translated(lang), output)
    click.echo(f"{output}: from record {', '.join(d.record.id for d in cameras)}")
    for name in [d.camera.name for d in cameras if d.camera.source_kind == "rtsp"]:
        click.echo(
            f"camera '{name}' is a network camera: see to it that it keeps no image itself, as the "
            "sign says, and that nobody else watches it",
            err=True,
        )
    if note := review_note(lang):
        click.echo(note, err=True)


def _require_in_force(site: "SiteFile", details: "Details", *, advance: bool) -> None:
    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.evidence.authorizations import gate_of
    from privcv_core.audit.entry import AuditLogError
    from privcv_core.authorization.gate import Closed

    now = datetime.now(timezone.utc)
    try:
        decision = gate_of(site, details.camera).decide(now)
    except AuditLogError as error:
        raise ComplianceError(
            f"no sign is made: whether record {details.record.id} was withdrawn is not known: "
            f"{error}"
        ) from error
    if isinstance(decision, Closed) and decision.opens is None:
        raise ComplianceError(f"the record is not in force: {decision.reason}")
    if advance and details.record.issued <= now:
        raise ComplianceError(
            f"record {details.record.id} began on {details.begins}: a sign in advance has a day "
            "that is still to come; make the sign without --advance"
        )
