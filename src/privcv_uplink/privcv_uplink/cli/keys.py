# SPDX-License-Identifier: Apache-2.0
"""``privcv keys``: make, replace and show the key with which this device signs its reports."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_core.files.state_folder import DEFAULT_STATE

if TYPE_CHECKING:
    from privcv_uplink.delivery.device_keys import DeviceKeys

_file = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Key file.  [default: the systemd credential uplink-key, else uplink-key.json in "
    f"$STATE_DIRECTORY or {DEFAULT_STATE}]",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_alg = click.Choice(["Ed25519", "HMAC-SHA256"])


@click.group()
def command() -> None:
    """Make, replace and show the key with which this device signs its reports.

    The file holds the device's id (a digest of its first key, not hardware) and its keys; only its
    owner can read it.

    \b
    Example:
      privcv keys new
      privcv keys show --json
    """


@command.command("new")
@_file
@click.option("--alg", type=_alg, default="Ed25519", show_default=True, help="How to sign.")
@_json
def new(path: Path | None, alg: str, as_json: bool) -> None:
    """Make a device id and its first key. Never replaces a file."""
    from privcv_uplink.delivery import device_keys

    _print(
        device_keys.new(_path(path), "HMAC-SHA256" if alg == "HMAC-SHA256" else "Ed25519"), as_json
    )


@command.command("rotate")
@_file
@_json
def rotate(path: Path | None, as_json: bool) -> None:
    """Add a new key that signs from now on.

    A running uplink notices and introduces it to the collector, signed with the key before; the
    collector takes both for a while (7 days by default).
    """
    from privcv_uplink.delivery import device_keys

    _print(device_keys.rotate(_path(path)), as_json)


@command.command("show")
@_file
@_json
def show(path: Path | None, as_json: bool) -> None:
    """Print the device's id and its keys, newest first; never a secret."""
    from privcv_uplink.delivery import device_keys

    _print(device_keys.read(_path(path)), as_json)


def _path(path: Path | None) -> Path:
    from privcv_uplink.settings import default_key_file

    return path or default_key_file()


def _print(device: "DeviceKeys", as_json: bool) -> None:
    from privcv_core.protocol.timestamps import rfc3339_whole

    shown = [
        {
            "key_id": stored.key.key_id,
            "alg": stored.key.alg,
            "created_at": rfc3339_whole(stored.created_at),
            # What verifies an HMAC is the secret itself.
            "public_key": stored.key.public if stored.key.alg == "Ed25519" else None,
        }
        for stored in device.keys
    ]
    if as_json:
        click.echo(json.dumps({"device": device.device, "keys": shown}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("key", "algorithm", "made", title=f"device {device.device}")
    table.add_column("public key", overflow="fold")
    for item in shown:
        table.add_row(
            item["key_id"], item["alg"], item["created_at"], item["public_key"] or "(a secret)"
        )
    Console().print(table)
