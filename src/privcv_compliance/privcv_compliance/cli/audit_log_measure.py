# SPDX-License-Identifier: Apache-2.0
"""``privcv audit log measure``: have a tool of privcv measure a figure and enter its result."""

import importlib
import io
import json
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import click

from privcv_compliance.cli.audit_folder import audit_options, audit_settings


@click.command(context_settings={"ignore_unknown_options": True})
@audit_options
@click.argument("figure")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def measure(
    site: Path | None, folder: Path | None, figure: str, arguments: tuple[str, ...]
) -> None:
    """Run the command that measures FIGURE with ARGUMENTS and enter what it says.

    FIGURE is relink_rate (privcv redteam link), residue_frames (privcv audit residue) or
    count_accuracy (privcv evaluate privacy). The assessment then states it as measured, with the
    version that measured it and the digest of the output.

    \b
    Examples:
      privcv audit log measure --site site.yaml residue_frames
      privcv audit log measure --site site.yaml relink_rate -- --simulate waiting-room
    """
    import hashlib

    from privcv_compliance.assessment.figures import FIGURES
    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.operator_log import operator_log
    from privcv_core.audit.events import MAX_TEXT
    from privcv_core.version import VERSION

    tools = {name: known.tool for name, known in FIGURES.items() if known.tool is not None}
    tool = tools.get(figure)
    if tool is None:
        raise ComplianceError(f"'{figure}': no tool measures it; known are {', '.join(tools)}")
    settings = audit_settings(site, folder)
    command = importlib.import_module(tool.module).command
    output = io.StringIO()
    with redirect_stdout(output):
        try:
            command.main([*arguments, *tool.arguments], tool.name, standalone_mode=False)
        except SystemExit as end:  # also a bad result is one
            if end.code not in (0, 1):
                raise
    try:
        value, unit = tool.read(json.loads(output.getvalue()))
    except (ValueError, KeyError, TypeError) as error:
        raise ComplianceError(f"privcv {tool.name} tells no {figure}: {error}") from error
    with operator_log(settings) as log:
        entry = log.append(
            "measured",
            name=figure,
            value=value,
            unit=unit,
            command=shlex.join(["privcv", *tool.name.split(), *arguments])[:MAX_TEXT],
            digest=hashlib.sha256(output.getvalue().encode()).hexdigest(),
            version=VERSION,
        )
    click.echo(f"{figure}: {value:g} {unit}  {entry.reference}")
