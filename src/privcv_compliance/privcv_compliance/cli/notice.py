# SPDX-License-Identifier: Apache-2.0
"""``privcv notice``: the sign for the door, from the authorization record."""

from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option


@click.command()
@site_option
@click.option("--camera", help="Name of the camera; needed where the site has several.")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write: .pdf or .png.",
)
def command(site_path: Path, camera: str | None, output: Path) -> None:
    """Render the sign for the door: purpose, hours, contact and a QR code, from the signed record.

    Refuses where the record is not in force: a sign must not say what the gate does not. So it
    needs a user who may read the audit log, where withdrawals are written down.

    \b
    Examples:
      privcv notice --site site.yaml -o sign.pdf
      privcv notice --site site.yaml --camera lobby -o sign.png
    """
    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.evidence.authorizations import gate_of, record_of
    from privcv_compliance.notice.sign import render_notice
    from privcv_compliance.site_file import SiteFile
    from privcv_core.audit.entry import AuditLogError
    from privcv_core.authorization.gate import Closed
    from privcv_core.files.output_file import refuse_input

    site = SiteFile.read(site_path)
    if camera is None and len(site.cameras) > 1:
        raise click.UsageError(f"name a camera: {', '.join(site.cameras)}")
    described = site.camera(camera or next(iter(site.cameras)))
    record = record_of(described)
    if record is None:
        raise ComplianceError(
            f"camera '{described.name}' has no authorization record that can be read: make one "
            "with 'privcv authorize new'"
        )
    try:
        decision = gate_of(site, described).decide(datetime.now(timezone.utc))
    except AuditLogError as error:
        raise ComplianceError(
            f"no sign is made: whether record {record.id} was withdrawn is not known: {error}"
        ) from error
    if isinstance(decision, Closed) and decision.opens is None:
        raise ComplianceError(f"the record is not in force: {decision.reason}")
    record_file = described.authorization.file if described.authorization else None
    refuse_input(output, (site_path, record_file))
    render_notice(record, output)
    click.echo(f"{output}: from record {record.id}")
