# SPDX-License-Identifier: Apache-2.0
"""``privcv collector``: run the collector, and say who may send and read."""

from pathlib import Path
from typing import Any

import click

from privcv_collector.cli.administration import enrol, revoke, token
from privcv_collector.cli.attesters import attesters
from privcv_collector.cli.devices import devices
from privcv_collector.cli.options import db_option
from privcv_collector.cli.sealing_key import sealing_key
from privcv_collector.cli.tokens import actions, tokens
from privcv_core.settings.number_option import Number

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@db_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8443,
    show_default=True,
    type=Number(0, 65535, whole=True),
    help="0: any free.",
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
@click.option(
    "--attestation-policy", type=_file, help="YAML file: registers that TPMs of devices must show."
)
@click.option(
    "--role",
    type=click.Choice(["single", "leader", "helper"]),
    help="Part in sums over sites; keys and tasks stand in 'sums' of --limits.  [default: single]",
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
    attestation_policy: Path | None,
    role: str | None,
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
    serve(_settings(db, admin_token_file, limits, role, attestation_policy), address)


for subcommand in (enrol, token, tokens, revoke, devices, actions, sealing_key, attesters):
    command.add_command(subcommand)


def _settings(
    db: str | None,
    admin_token_file: Path | None,
    limits: Path | None,
    role: str | None,
    policy: Path | None,
) -> Any:
    from privcv_collector.settings import CollectorSettings
    from privcv_collector.storage.database import names_password
    from privcv_core.files.secret_file import check_secret
    from privcv_core.settings.model import load_settings

    settings = load_settings(CollectorSettings, limits) if limits else CollectorSettings()
    if limits and names_password(settings.db):
        check_secret(limits)
    if role is not None and role != settings.sums.role:
        settings = settings.model_copy(update={"sums": _in_role(settings.sums, role)})
    given: dict[str, Any] = {
        "db": db,
        "admin_token_file": admin_token_file,
        "attestation_policy": policy,
    }
    return settings.model_copy(update={key: value for key, value in given.items() if value})


def _in_role(sums: Any, role: str) -> Any:
    """The settings with another role; raises ``SettingsError`` where it has not what it needs."""
    from pydantic import ValidationError

    from privcv_collector.sums.settings import SumSettings
    from privcv_core.errors import SettingsError
    from privcv_core.settings.model import describe

    try:
        return SumSettings.model_validate({**sums.model_dump(), "role": role})
    except ValidationError as error:
        raise SettingsError(f"--role {role}: {describe(error, SumSettings)}") from error
