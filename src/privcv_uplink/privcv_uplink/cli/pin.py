# SPDX-License-Identifier: Apache-2.0
"""``privcv pin``: print the pin of a server's public key, or of a key kept for later."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("target", metavar="HOST[:PORT]|FILE")
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Authorities (PEM) to trust instead of the system's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(target: str, ca_file: Path | None, as_json: bool) -> None:
    """Print the pin of a server's public key, for 'pins' in the uplink's settings.

    HOST must show a valid certificate. FILE is a PEM file with a certificate or a private key: pin
    a spare key as well, kept off the server, so that the server's key can be replaced.

    \b
    Example:
      privcv pin collector.example.org
      privcv pin spare.key
    """
    from privcv_uplink.transports.pinning import file_pin, server_pin

    if Path(target).is_file():
        pin, until = file_pin(Path(target)), None
    else:
        host, port = _host_and_port(target)
        pin, until = server_pin(host, port, ca_file)
    if as_json:
        click.echo(json.dumps({"pin": pin, "certificate_until": until}))
        return
    click.echo(pin)
    if until is not None:
        click.echo(f"{target}: the certificate is valid until {until}", err=True)


def _host_and_port(target: str) -> tuple[str, int]:
    from urllib.parse import urlsplit

    from privcv_uplink.errors import CertificateError

    try:
        parts = urlsplit(target if "://" in target else f"https://{target}")
        host, port = parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 443)
    except ValueError:
        host, port = None, 0
    if not host:
        raise CertificateError(f"{target}: is neither HOST[:PORT] nor a file")
    return host, port
