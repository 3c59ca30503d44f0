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


@command.command("seal")
@_file
@click.option(
    "--pcr", "pcrs", type=click.IntRange(0, 23), multiple=True, default=(7, 11), show_default=True,
    help="Register of the TPM that has to be as it is now; may be given several times.",
)  # fmt: skip
def seal(path: Path | None, pcrs: tuple[int, ...]) -> None:
    """Let only the TPM of this machine open the key file, in the state that it is in now.

    Register 7 tells who may sign what is started (Secure Boot), 11 which kernel was. The recovery
    key is printed once: after an update that changes them, or with another board, it alone opens
    the file. What was in the clear may still lie on a flash memory. $PRIVCV_TPM names another TPM
    than device:/dev/tpmrm0. Needs the extra tpm.

    \b
    Example:
      privcv keys seal --file /etc/privcv/uplink-key.json
    """
    from privcv_across.attestation.tpm_device import machine_tpm
    from privcv_uplink.delivery import device_keys

    with machine_tpm() as tpm:
        recovery = device_keys.seal(_path(path), tpm, tuple(sorted(set(pcrs))))
    click.echo("sealed. Recovery key, shown only now; write it down and keep it elsewhere:")
    click.echo(recovery)


@command.command("unseal")
@_file
@click.option("--recovery", is_flag=True, help="Ask for the recovery key instead of the TPM.")
def unseal(path: Path | None, recovery: bool) -> None:
    """Write a sealed key file in the clear again, before 'rotate' or after an update.

    \b
    Example:
      privcv keys unseal --recovery && privcv keys seal
    """
    from privcv_uplink.delivery import device_keys

    code = click.prompt("recovery key", hide_input=True) if recovery else None
    device_keys.unseal(_path(path), code)
    click.echo("unsealed: the key file is in the clear")


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
