# SPDX-License-Identifier: Apache-2.0
"""``privcv desk``: pause the counting by a button on the desk, a signed message or a call."""

from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option
from privcv_core.authorization.pause_note import LONGEST_MINUTES
from privcv_core.settings.graph_options import namespace_option


@click.group()
def command() -> None:
    """Pause the counting for who objects, by a button, a message or a call on the graph.

    \b
    Example of a site file:
      desk:
        button: {device: /dev/input/by-id/usb-desk-event-kbd, minutes: 5}
        mqtt: {url: "mqtts://broker.example", pins: [sha256/…], trusted_keys: [gBEe…]}
        service: {}
    """


@command.command()
@site_option
@namespace_option
def listen(site_path: Path, namespace: str) -> None:
    """Wait for presses, messages and calls, until Ctrl-C.

    \b
    Example:
      privcv desk listen --site site.yaml
    """
    from privcv_compliance.objection.desk import run_desk
    from privcv_compliance.site_file import SiteFile

    run_desk(SiteFile.read(site_path, namespace), click.echo)


@command.command()
@click.option("--site-name", required=True, help="Name of the site, as in its file.")
@click.option("--camera", "cameras", multiple=True, help="Camera to pause.  [default: all]")
@click.option("--minutes", type=click.IntRange(1, LONGEST_MINUTES), required=True, help="How long.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Private key, from 'privcv authorize key'.",
)
def ask(site_name: str, cameras: tuple[str, ...], minutes: int, key_file: Path) -> None:
    """Print a signed message that asks for a pause; publish it within a minute.

    \b
    Example:
      privcv desk ask --site-name library --minutes 5 --key desk.pem |
        mosquitto_pub -h broker.example -p 8883 --cafile ca.pem -t privcv/pause -q 1 -s
    """
    from privcv_compliance.objection.signed_request import sign_request
    from privcv_core.protocol.person_keys import load_key

    now = datetime.now(timezone.utc)
    click.echo(sign_request(site_name, cameras, minutes, load_key(key_file), now))
