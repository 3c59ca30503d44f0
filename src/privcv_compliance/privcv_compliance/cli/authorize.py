# SPDX-License-Identifier: Apache-2.0
"""``privcv authorize``: who permits that a camera is looked through, and who ends it."""

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click

from privcv_compliance.cli.document_output import language_option
from privcv_core.authorization.withdrawal_words import WITHDRAWAL_REASONS, WITHDRAWERS
from privcv_core.settings.number_option import Number

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_output = click.Path(dir_okay=False, path_type=Path)
_site = click.option("--site", type=_file, help="Site file: names the records and the audit log.")


@click.group()
def command() -> None:
    """Make, sign, show and withdraw authorizations.

    \b
    Examples:
      privcv authorize key officer.pem
      privcv authorize new --site site.yaml --camera lobby -o lobby.yaml   # then edit it
      privcv authorize sign lobby.yaml --key officer.pem -o lobby.json
      privcv authorize withdraw lobby.json --by officer --reason objection
    """


@command.command()
@click.argument("file", type=_output)
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase that protects the key.")
def key(file: Path, passphrase: bool) -> None:
    """Make an Ed25519 key in FILE and print its public half, for 'trusted_keys' in the site file.

    \b
    Example:
      privcv authorize key officer.pem --passphrase
    """
    from privcv_core.protocol.person_keys import create_key

    secret = (
        click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
        if (passphrase)
        else None
    )
    click.echo(create_key(file, secret).public)


@command.command()
@_site
@click.option("--camera", required=True, help="Name of the camera in the site file.")
@click.option(
    "--days",
    default=365,
    type=Number(low=1, high=36500, whole=True),
    show_default=True,
    help="How long it is valid, days.",
)
@click.option("--output", "-o", type=_output, required=True, help="Draft to write, YAML.")
def new(site: Path | None, camera: str, days: int, output: Path) -> None:
    """Write a draft to fill in: every place that says '…' has to be replaced before signing.

    \b
    Example:
      privcv authorize new --site site.yaml --camera lobby -o lobby.yaml
    """
    import yaml

    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.site_file import SiteFile
    from privcv_core.files.atomic_file import write_new
    from privcv_core.protocol.timestamps import iso8601

    name, zone = "…", "UTC"
    if site is not None:
        described = SiteFile.read(site)
        described.camera(camera)
        name, zone = described.name, described.time_zone
    now = datetime.now(timezone.utc).replace(microsecond=0)
    draft: dict[str, Any] = {
        "site": name,
        "camera": camera,
        "controller": "…",
        "contact": "…",
        "lawful_basis": "…",
        "purpose": "…",
        "use": "statistics",
        "area": "…",
        "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "18:00"}],
        "time_zone": zone,
        "authorized_by": "…",
        "issued": iso8601(now),
        "expires": iso8601(now + timedelta(days=days)),
        "notice_url": "",
    }
    if output.exists():
        raise ComplianceError(f"{output}: exists already; name another file")
    write_new(
        output,
        "# lawful_basis: consent, contract, legal_obligation, vital_interests, public_task or\n"
        "# legitimate_interests (GDPR Art. 6(1) (a) to (f)). Hours are those of time_zone.\n"
        "# use: statistics, or operational where somebody acts on a total at once; images where\n"
        "# images without people are shown live ('redactions' of the site file).\n"
        + yaml.safe_dump(draft, sort_keys=False, allow_unicode=True),
    )
    click.echo(f"{output}: fill in what says '…', then 'privcv authorize sign {output}'")


@command.command()
@click.argument("draft", type=_file)
@click.option("--key", "key_file", type=_file, required=True, help="Private key of who permits it.")
@click.option("--passphrase", is_flag=True, help="Ask for the key's passphrase.")
@click.option("--output", "-o", type=_output, required=True, help="Signed record to put in force.")
@_site
def sign(draft: Path, key_file: Path, passphrase: bool, output: Path, site: Path | None) -> None:
    """Sign DRAFT: from then on the camera may look, at the hours that it states.

    What 'privcv authorize check' refuses is not signed, unless the draft gives the reason.

    \b
    Example:
      privcv authorize sign lobby.yaml --key officer.pem -o lobby.json --site site.yaml
    """
    from privcv_compliance.authorization_lint.lint import lint
    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.operator_log import operator_log
    from privcv_compliance.site_file import SiteFile
    from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
    from privcv_core.authorization.record_file import save_signed
    from privcv_core.files.output_file import refuse_input
    from privcv_core.protocol.person_keys import load_key
    from privcv_core.settings.model import load_settings

    refuse_input(output, (draft, key_file, site))
    record = load_settings(AuthorizationRecord, draft)
    blank = [name for name, value in record.model_dump().items() if "…" in str(value)]
    if blank:
        raise ComplianceError(f"{draft}: {', '.join(blank)}: still to be filled in")
    described = SiteFile.read(site).camera(record.camera) if site else None
    findings = lint(record, described)
    refused = [str(finding) for finding in findings if finding.refuses]
    if refused:
        raise ComplianceError(f"{draft}: not signed: {'; '.join(refused)}")
    for finding in findings:
        click.echo(f"{draft}: {finding.severity}: {finding}", err=True)
    secret = click.prompt("Passphrase", hide_input=True, err=True) if passphrase else None
    signed = SignedRecord.sign(record, load_key(key_file, secret))
    if site is not None:
        with operator_log(SiteFile.read(site).audit) as log:
            log.append(
                "consent.changed",
                camera=record.camera,
                record=record.id,
                state="granted",
                by=f"key {signed.key_id}",
                reason=f"signed with key {signed.key_id}",
            )
    save_signed(signed, output)
    click.echo(f"{output}: record {record.id} signed with key {signed.key_id}")


@command.command()
@click.argument("draft", type=_file)
@_site
@language_option
def check(draft: Path, site: Path | None, language: str) -> None:
    """Read DRAFT before it is signed: what is refused, what is warned of, and the law for it.

    It reads words, so a person has the last say: where a refusal is wrong, the draft may say why
    under 'reasons'. With --site the names of zones are read too. Exits with 1 where it refuses.

    \b
    Example:
      privcv authorize check lobby.yaml --site site.yaml
    """
    from privcv_compliance.authorization_lint.lint import lint
    from privcv_compliance.languages.phrase import in_language
    from privcv_compliance.site_file import SiteFile
    from privcv_core.authorization.record import AuthorizationRecord
    from privcv_core.settings.model import load_settings

    record = load_settings(AuthorizationRecord, draft)
    findings = lint(record, SiteFile.read(site).camera(record.camera) if site else None)
    for finding in findings:
        reason = f"; reason given: {finding.reason}" if finding.reason else ""
        what = in_language(finding.what, language)
        click.echo(
            f"{finding.severity} {finding.code}: {finding.field}: {what} ({finding.law}){reason}"
        )
    refused = sum(finding.refuses for finding in findings)
    click.echo(f"{draft}: {refused} refused, {len(findings) - refused} to think of")
    sys.exit(1 if refused else 0)


@command.command()
@click.argument("file", type=_file)
@click.option(
    "--by",
    type=click.Choice(WITHDRAWERS),
    default="operator",
    show_default=True,
    help="Who withdraws, by role: the log holds no names.",
)
@click.option(
    "--reason", type=click.Choice(WITHDRAWAL_REASONS), required=True, help="Goes to the audit log."
)
@_site
def withdraw(file: Path, by: str, reason: str, site: Path | None) -> None:
    """Withdraw the record in FILE: its camera stops within one frame. Needs no key.

    \b
    Example:
      privcv authorize withdraw lobby.json --by officer --reason objection --site site.yaml
    """
    from privcv_compliance.operator_log import operator_log
    from privcv_compliance.site_file import SiteFile
    from privcv_core.authorization.record_file import load_signed
    from privcv_core.authorization.record_file import withdraw as withdraw_record

    # First it takes effect, then it is written down: a full log must not keep a camera open.
    record_id = withdraw_record(file, by, reason, datetime.now(timezone.utc))
    if site is not None:
        with operator_log(SiteFile.read(site).audit) as log:
            log.append(
                "consent.changed",
                camera=load_signed(file).record.camera,
                record=record_id,
                state="withdrawn",
                by=by,
                reason=reason,
            )
    click.echo(f"{file}: record {record_id} is withdrawn")


@command.command()
@click.argument("file", type=_file)
@click.option("--trusted", multiple=True, help="Trusted public key; else those of --site.")
@_site
@click.option("--at", "moment", help="Time to decide for, RFC 3339.  [default: now]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    file: Path, trusted: tuple[str, ...], site: Path | None, moment: str | None, as_json: bool
) -> None:
    """Show the record in FILE and whether its camera may look. Exits with 1 where it may not.

    \b
    Example:
      privcv authorize show lobby.json --site site.yaml --at 2026-11-20T22:00:00Z
    """
    from privcv_compliance.site_file import SiteFile
    from privcv_core.authorization.audit import withdrawn_in
    from privcv_core.authorization.gate import Open
    from privcv_core.authorization.record_file import (
        AuthorizationSettings,
        CameraAuthorization,
        load_signed,
    )
    from privcv_core.protocol.timestamps import parse_iso8601

    signed = load_signed(file)
    camera = signed.record.camera
    keys, known = list(trusted), frozenset[str]()
    if site is not None:
        described = SiteFile.read(site)
        authorization = described.camera(camera).authorization
        keys += authorization.trusted_keys if authorization else []
        known = withdrawn_in(described.audit.folder, camera)
    try:
        now = parse_iso8601(moment) if moment else datetime.now(timezone.utc)
    except ValueError as error:
        raise click.BadParameter(f"'{moment}' is not a time", param_hint="--at") from error
    if now.tzinfo is None:
        raise click.BadParameter("needs a time zone, such as Z", param_hint="--at")
    settings = AuthorizationSettings(required=False, file=file, trusted_keys=keys)
    decision = CameraAuthorization(settings, camera, known).decide(now)
    is_open = isinstance(decision, Open)
    said = (
        f"open until {decision.until:%Y-%m-%d %H:%M %Z}"
        if isinstance(decision, Open) and decision.until
        else f"closed: {getattr(decision, 'reason', '')}"
    )
    if as_json:
        click.echo(json.dumps({**signed.document(), "open": is_open, "decision": said}, indent=2))
    else:
        for name, value in signed.record.model_dump(mode="json").items():
            if name != "hours":
                click.echo(f"{name:14} {value}")
        for hours in signed.record.hours:
            click.echo(f"{'hours':14} {' '.join(hours.days)} {hours.start}-{hours.end}")
        click.echo(f"{'signed with':14} key {signed.key_id}")
        click.echo(f"{'decision':14} {said}")
    sys.exit(0 if is_open else 1)
