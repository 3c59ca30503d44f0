# SPDX-License-Identifier: Apache-2.0
"""``privcv audit log``: verify, read, checkpoint the audit log; enter a measured figure."""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.audit_folder import audit_options, audit_settings
from privcv_compliance.cli.audit_log_measure import measure
from privcv_core.printable import printable
from privcv_core.settings.number_option import Number

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Verify and read the audit log."""


command.add_command(measure)


@command.command()
@audit_options
@click.option("--checkpoints", type=_file, help="Kept checkpoints, a line each.")
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="A public Ed25519 key of the device, base64url; needed for checkpoints. Name each that "
    "the device had.",
)
@click.option(
    "--retain-days",
    type=click.IntRange(1),
    help="For how long, in days of running time, entries had to be kept; default: "
    "audit.retain_days of the site.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    site: Path | None,
    folder: Path | None,
    checkpoints: Path | None,
    keys: tuple[str, ...],
    retain_days: int | None,
    as_json: bool,
) -> None:
    """Check every entry, the order, and, against kept checkpoints, the end of each chain.

    Without checkpoints an end that was cut off, or cut off and written anew, does not show. The
    collector keeps them: GET /v1/checkpoints.jsonl. What was deleted younger than the retention is
    wrong; where that was raised since, name the older one (--retain-days). Exits with 1 where
    something is wrong, and where a retention is to be kept and records of 0.1.0, which told no age,
    cannot prove that it was, nor kept checkpoints for them: 'unproven'. Where running time leaps,
    that is named: nothing contradicts such a log, and nothing but checkpoints proves its ages.

    \b
    Examples:
      privcv audit log verify --site config/demo.yaml
      privcv audit log verify --folder /var/lib/privcv/audit --checkpoints kept.jsonl --key KEY
    """
    from privcv_compliance.errors import ComplianceError
    from privcv_core.audit.checkpoints import read_checkpoints
    from privcv_core.audit.files import chains_in
    from privcv_core.audit.silences import silences
    from privcv_core.audit.verify import verify_chain
    from privcv_core.protocol.signing import is_public_key

    settings = audit_settings(site, folder)
    if (checkpoints is None) == bool(keys):
        raise click.UsageError("--checkpoints and --key: name both or neither")
    for key in keys:
        if not is_public_key(key):
            raise click.UsageError(f"--key: '{key}' is not a public key")
    kept = read_checkpoints(checkpoints, *keys) if checkpoints and keys else []
    chains = sorted(
        {*chains_in(settings.folder), *(name for point in kept for name in point.heads)}
    )
    if not chains:
        raise ComplianceError(f"{settings.folder}: holds no audit log; did the graph ever run?")
    days = retain_days or (settings.retain_days if site else 0)
    reports = []
    for chain in chains:
        seen = [point for point in kept if chain in point.heads]
        heads = [point.heads[chain] for point in seen]
        sightings = [point.sighting(chain) for point in seen]
        reports.append(
            verify_chain(settings.folder, chain, heads, retain_days=days, sightings=sightings)
        )
    silent = silences(settings.folder, chains)
    if as_json:
        rows = [
            {
                "chain": report.chain,
                "entries": report.entries,
                "first": report.first,
                "last": report.head.sequence,
                "hash": report.head.hash,
                "covered": report.covered,
                "uncompared": report.uncompared,
                "unproven": sum(not pruning.is_proven for pruning in report.pruned),
                "problems": [str(problem) for problem in report.problems],
                "pruned": [str(pruning) for pruning in report.pruned],
                "leaps": [str(leap) for leap in report.leaps],
                "silent": silent.get(report.chain, ""),
            }
            for report in reports
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for report in reports:
            reach = f"checkpointed to {report.covered}" if kept else "no checkpoints given"
            click.echo(
                f"{report.chain:28} {report.verdict:8} {report.entries:6} entries, last "
                f"{report.head.sequence} {report.head.hash[:12]}, {reach}"
            )
            for problem in report.problems:
                click.echo(printable(f"    {problem}"))
            if report.uncompared:
                click.echo(
                    f"    {report.uncompared} checkpoints are of entries before {report.first}, "
                    "which are gone: they could not be compared"
                )
            gaps = [*report.leaps[-3:], *filter(None, [silent.get(report.chain)])]
            for gap in gaps:
                click.echo(f"    not contradicted, but {gap}")
            for pruning in report.pruned[-1:]:
                told = f"    pruned, {len(report.pruned)} files told of; last: {pruning}"
                click.echo(printable(told))
    sys.exit(1 if any(report.problems for report in reports) else 0)


@command.command()
@audit_options
@click.option("--chain", help="This chain only.")
@click.option("--event", default="", help="This event only, such as identities.rotated.")
@click.option(
    "--last",
    default=50,
    type=Number(low=0, high=1_000_000, whole=True),
    show_default=True,
    help="At most so many entries.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the lines as they are.")
def show(
    site: Path | None,
    folder: Path | None,
    chain: str | None,
    event: str,
    last: int,
    as_json: bool,
) -> None:
    """Print entries, oldest first.

    \b
    Examples:
      privcv audit log show --site config/demo.yaml --event consent.changed
    """
    from privcv_core.audit.files import chains_in
    from privcv_core.audit.verify import read_chain

    settings = audit_settings(site, folder)
    chains = [chain] if chain else chains_in(settings.folder)
    entries = [
        entry
        for name in chains
        for entry in read_chain(settings.folder, name, event, senseless=True)
    ]
    for entry in sorted(entries, key=lambda entry: entry.time)[-last:]:
        if as_json:
            click.echo(printable(entry.line().decode().rstrip()))
        else:
            facts = " ".join(f"{name}={value}" for name, value in sorted(entry.facts.items()))
            line = f"{entry.time}  {entry.reference:40} {entry.event:22} {facts}"
            click.echo(printable(line))


@command.command()
@audit_options
@click.option("--key", "key_file", type=_file, required=True, help="Ed25519 private key (PEM).")
@click.option("--device", default="0" * 32, help="Id of the device, 32 hex digits.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), required=True, help="File to append to."
)
def checkpoint(
    site: Path | None, folder: Path | None, key_file: Path, device: str, output: Path
) -> None:
    """Sign where every chain stands, for keeping elsewhere than on this device.

    The uplink does this by itself and sends it to the collector; this is for sites without one.

    \b
    Examples:
      privcv authorize key checkpoint.pem
      privcv audit log checkpoint --site site.yaml --key checkpoint.pem -o /media/usb/kept.jsonl
    """
    from privcv_core.audit.checkpoints import read_checkpoints, seal_checkpoint, take_checkpoint
    from privcv_core.audit.log import AuditLogError
    from privcv_core.files.regular_file import open_to_append
    from privcv_core.protocol.person_keys import load_key

    settings = audit_settings(site, folder)
    key = load_key(key_file)
    kept = read_checkpoints(output, key.public) if output.exists() else []
    taken = take_checkpoint(settings.folder, datetime.now(timezone.utc), kept[-1:])
    try:
        with open_to_append(output, 0o644) as stream:
            stream.write(seal_checkpoint(taken, device, key) + b"\n")
    except OSError as error:
        raise AuditLogError(f"{output}: cannot be written: {error.strerror}") from error
    click.echo(f"{output}: {len(taken.heads)} chains at {taken.time}; public key {key.public}")


@command.command()
@audit_options
@click.argument("name")
@click.argument("value", type=Number())
@click.option("--unit", default="", help="Unit of the value, such as share or bytes.")
@click.option("--command", "how", required=True, help="The command that measured it.")
@click.option("--report", type=_file, help="Its output; its digest is recorded.")
def measured(
    site: Path | None,
    folder: Path | None,
    name: str,
    value: float,
    unit: str,
    how: str,
    report: Path | None,
) -> None:
    """Enter a figure of your own, which the impact assessment quotes as stated by the operator.

    What a command of privcv measures is entered by 'privcv audit log measure' instead.

    \b
    Examples:
      privcv audit log measured --site site.yaml relink_rate 0.04 --unit share \\
        --command "privcv redteam link --json" --report link.json
    """
    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.operator_log import operator_log
    from privcv_core.files.input_file import digest_input

    try:
        digest = digest_input(report) if report else ""
    except OSError as error:
        raise ComplianceError(f"{report}: cannot be read: {error.strerror}") from error
    with operator_log(audit_settings(site, folder)) as log:
        try:
            entry = log.append(
                "measured", name=name, value=value, unit=unit, command=how, digest=digest
            )
        except ValueError as error:  # too long, or of characters that no entry holds
            raise ComplianceError(str(error)) from error
    click.echo(entry.reference)
