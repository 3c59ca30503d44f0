# SPDX-License-Identifier: Apache-2.0
"""``privcv attest``: enrol the TPM of this device with its collector."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_core.files.state_folder import DEFAULT_STATE

if TYPE_CHECKING:
    from privcv_core.protocol.signing import SigningKey

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new = click.Path(dir_okay=False, path_type=Path)
_key_file = click.option(
    "--key-file",
    type=_new,
    help="The device's signing keys.  [default: the systemd credential uplink-key, else "
    f"uplink-key.json in $STATE_DIRECTORY or {DEFAULT_STATE}]",
)
_folder = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the outbox is; the attestation key is kept beside it.  [default: $STATE_DIRECTORY "
    f"or {DEFAULT_STATE}]",
)


@click.group()
def command() -> None:
    """Enrol the TPM of this device with its collector, by three files that go by hand.

    From then on a device with 'tpm' in its site file shows every half hour what state it is in.
    $PRIVCV_TPM names another TPM than device:/dev/tpmrm0. Needs the extra tpm.

    \b
    Example:
      privcv attest request request.json
      privcv collector attesters challenge request.json challenge.json --roots makers.pem
      privcv attest answer challenge.json answer.json
      privcv collector attesters enrol answer.json
    """


@command.command("request")
@click.argument("request_file", metavar="REQUEST", type=_new)
@click.option(
    "--certificate", "certificates", type=_file, multiple=True,
    help="Of the endorsement key (PEM), its own first, then those of its maker.",
)  # fmt: skip
@_key_file
@_folder
def request(
    request_file: Path, certificates: tuple[Path, ...], key_file: Path | None, folder: Path | None
) -> None:
    """Write what this TPM is, and make its attestation key where there is none.

    Prints the name of the endorsement key, by which somebody who reads it here can vouch for a TPM
    whose maker's certificate nobody has.
    """
    from privcv_across.attestation.attestation_key import (
        create_attestation_key,
        load_attestation_key,
    )
    from privcv_across.attestation.enrolment_files import EnrolmentRequest
    from privcv_across.attestation.tpm_device import machine_tpm
    from privcv_across.attestation.tpm_format import name_of
    from privcv_core.files.output_file import output_file
    from privcv_core.protocol import base64url

    device, place = _key(key_file).public, _place(folder)
    with machine_tpm() as tpm:
        endorsement = tpm.endorsement_key()
        made = load_attestation_key(place) if place.exists() else create_attestation_key(place, tpm)
    fields = {
        "device": device,
        "key": base64url.encode(made.area),
        "endorsement": base64url.encode(endorsement),
        "certificates": [_text(one) for one in certificates],
    }
    said = EnrolmentRequest.of(fields, "--certificate")
    with output_file(request_file, certificates) as file:
        file.write(said.encode())
    click.echo(f"endorsement key: {name_of(endorsement).hex()}")


@command.command("answer")
@click.argument("challenge_file", metavar="CHALLENGE", type=_file)
@click.argument("answer_file", metavar="ANSWER", type=_new)
@_key_file
@_folder
def answer(
    challenge_file: Path, answer_file: Path, key_file: Path | None, folder: Path | None
) -> None:
    """Let the TPM open a challenge, and sign what was in it with the device's key."""
    from privcv_across.attestation.attestation_key import load_attestation_key
    from privcv_across.attestation.enrolment_files import EnrolmentAnswer, EnrolmentChallenge
    from privcv_across.attestation.tpm_credential import sign_answer
    from privcv_across.attestation.tpm_device import machine_tpm
    from privcv_core.files.output_file import output_file
    from privcv_core.protocol import base64url

    asked = EnrolmentChallenge.decode(_text(challenge_file).encode(), str(challenge_file))
    key, device = load_attestation_key(_place(folder)), _key(key_file)
    with machine_tpm() as tpm:
        secret = tpm.activate(key, base64url.decode(asked.credential), base64url.decode(asked.seed))
    said = EnrolmentAnswer(
        device=device.public,
        secret=base64url.encode(secret),
        signature=sign_answer(device, key.area, secret),
    )
    with output_file(answer_file, [challenge_file]) as file:
        file.write(said.encode())


def _key(path: Path | None) -> "SigningKey":
    from privcv_core.errors import KeyFileError
    from privcv_uplink.delivery import device_keys
    from privcv_uplink.settings import default_key_file

    path = path or default_key_file()
    key = device_keys.read(path).newest
    if key.alg != "Ed25519":
        raise KeyFileError(f"{path}: evidence needs a key of Ed25519; make one and enrol anew")
    return key


def _place(folder: Path | None) -> Path:
    from privcv_across.attestation.attestation_key import FILE
    from privcv_uplink.settings import state_folder

    return (folder or state_folder()) / FILE


def _text(path: Path) -> str:
    from privcv_across.attestation.enrolment_files import read_file

    return read_file(path).decode("utf-8", "replace")
