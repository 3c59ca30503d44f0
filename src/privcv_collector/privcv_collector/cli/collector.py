# SPDX-License-Identifier: Apache-2.0
"""``privcv collector``: run the collector, and say who may send and read."""

import json
from pathlib import Path
from typing import Any

import click

_db = click.option(
    "--db",
    envvar="PRIVCV_COLLECTOR_DB",
    show_envvar=True,
    metavar="URL",
    help="Database: sqlite:///FILE or postgresql://USER@HOST/NAME.  [default: the file "
    "privcv-collector.db in the current folder]",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@_db
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8443, show_default=True, type=click.IntRange(0, 65535), help="0: any free."
)
@click.option("--tls-cert", type=_file, help="Certificate chain (PEM). TLS 1.3 only.")
@click.option("--tls-key", type=_file, help="Its private key (PEM).")
@click.option("--client-ca", type=_file, help="Ask devices for a certificate of this authority.")
@click.option(
    "--admin-token-file", type=_file, help="File (0600) with an access token of role admin."
)
@click.option(
    "--behind-proxy",
    metavar="ADDRESSES",
    help="Believe X-Forwarded-For of these load balancers (comma separated).",
)
@click.option(
    "--limits",
    type=_file,
    help="YAML file with limits: max_body_bytes, device_rate_hz, max_age_s, ...",
)
@click.pass_context
def command(
    context: click.Context,
    db: str | None,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    admin_token_file: Path | None,
    behind_proxy: str | None,
    limits: Path | None,
) -> None:
    """Run the collector: take signed totals from devices, show them to who may see them.

    Without a subcommand it serves until SIGTERM. Without a certificate it speaks plain HTTP, for a
    load balancer on the same machine.

    \b
    Example:
      privcv collector enrol --db sqlite:///totals.db --site office
      privcv collector token --db sqlite:///totals.db --role viewer --name reception --site office
      privcv collector --db sqlite:///totals.db --port 8443 --tls-cert chain.pem --tls-key key.pem
    """
    context.obj = db
    if context.invoked_subcommand is not None:
        return
    from privcv_collector.serve import Address, serve

    address = Address(host, port, tls_cert, tls_key, client_ca, behind_proxy)
    serve(_settings(db, admin_token_file, limits), address)


@command.command()
@_db
@click.option("--site", required=True, help="Where the device will stand.")
@click.option(
    "--valid-h", default=24.0, show_default=True, type=click.FloatRange(0.02, 720), help="Hours."
)
@click.pass_obj
def enrol(parent_db: str | None, db: str | None, site: str, valid_h: float) -> None:
    """Print a token with which one device can enrol, once.

    \b
    Example:
      privcv collector enrol --db sqlite:///totals.db --site office
    """
    from privcv_collector.storage.administration import issue_enrolment_token

    click.echo(issue_enrolment_token(_url(db, parent_db), _name(site), valid_h * 3600.0))


@command.command()
@_db
@click.option("--name", required=True, help="A name to revoke it by.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "auditor", "admin"]),
    default="viewer",
    show_default=True,
    help="viewer: totals. auditor: also budgets, checkpoints, refusals. admin: enrols and revokes.",
)
@click.option("--site", "sites", multiple=True, help="Only this site (repeat for more).")
@click.option("--valid-d", type=click.FloatRange(0.001, 3650), help="Days.  [default: for ever]")
@click.pass_obj
def token(
    parent_db: str | None,
    db: str | None,
    name: str,
    role: Any,
    sites: tuple[str, ...],
    valid_d: float | None,
) -> None:
    """Print an access token for a reader.

    \b
    Example:
      privcv collector token --db sqlite:///totals.db --role viewer --name reception --site office
    """
    from privcv_collector.storage.administration import issue_access_token

    valid_s = None if valid_d is None else valid_d * 86400.0
    wanted = [_name(site) for site in sites]
    click.echo(issue_access_token(_url(db, parent_db), _name(name), role, wanted, valid_s))


@command.command()
@_db
@click.argument("device", required=False)
@click.option("--token", "token_name", metavar="NAME", help="Revoke this access token instead.")
@click.pass_obj
def revoke(
    parent_db: str | None, db: str | None, device: str | None, token_name: str | None
) -> None:
    """Refuse a device, or the holder of an access token, from now on.

    \b
    Example:
      privcv collector revoke --db sqlite:///totals.db 3f0c9d...
      privcv collector revoke --db sqlite:///totals.db --token reception
    """
    from privcv_collector.storage.administration import revoke_access_token, revoke_device

    if (device is None) == (token_name is None):
        raise click.UsageError("name either a DEVICE or --token NAME")
    if device is not None:
        revoke_device(_url(db, parent_db), device)
    elif token_name is not None:
        revoke_access_token(_url(db, parent_db), token_name)


@command.command()
@_db
@_json
@click.pass_obj
def devices(parent_db: str | None, db: str | None, as_json: bool) -> None:
    """List devices: when they were last seen, and which releases never arrived.

    \b
    Example:
      privcv collector devices --db sqlite:///totals.db
    """
    from privcv_collector.storage.access import Access
    from privcv_collector.storage.audit_queries import list_devices
    from privcv_collector.storage.database import open_database

    with open_database(_url(db, parent_db)).connect() as connection:
        sites = Access("command line", "admin", frozenset()).site_keys(connection)
        found = list_devices(connection, sites)
    if as_json:
        click.echo(json.dumps({"devices": found}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "device", "site", "state", "last seen", "releases to", "missing", "of these given up"
    )
    for device in found:
        table.add_row(
            device["device"],
            device["site"],
            "revoked" if device["revoked_at"] else "active",
            device["last_seen_at"] or "never",
            str(device["last_release"]),
            str(sum(gap["missing"] for gap in device["gaps"])),
            str(sum(gap["declared"] for gap in device["gaps"])),
        )
    Console().print(table)


def _url(*candidates: str | None) -> str:
    from privcv_collector.settings import CollectorSettings

    given = next((url for url in candidates if url), None)
    return given or str(CollectorSettings.model_fields["db"].default)


def _settings(db: str | None, admin_token_file: Path | None, limits: Path | None) -> Any:
    from privcv_collector.settings import CollectorSettings
    from privcv_core.settings.model import load_settings

    settings = load_settings(CollectorSettings, limits) if limits else CollectorSettings()
    given: dict[str, Any] = {"db": db, "admin_token_file": admin_token_file}
    return settings.model_copy(update={key: value for key, value in given.items() if value})


def _name(text: str) -> str:
    import re

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", text):
        raise click.UsageError(
            f"'{text}' is not a name: use lower-case letters, digits and '_', at most 63"
        )
    return text
