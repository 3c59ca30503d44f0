# SPDX-License-Identifier: Apache-2.0
"""``privcv collector attesters``: enrol the TPM of a device, so that its evidence is believed."""

from pathlib import Path

import click

from privcv_collector.cli.options import DatabaseCommand, checked_device, database_url, db_option

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new = click.Path(dir_okay=False, path_type=Path)


@click.group()
def attesters() -> None:
    """Enrol the TPM of a device, so that what it shows of its state is believed.

    Three files go by hand between the device ('privcv attest') and here.

    \b
    Example:
      privcv attest request request.json                       # on the device
      privcv collector attesters challenge request.json challenge.json --roots makers.pem
      privcv attest answer challenge.json answer.json          # on the device
      privcv collector attesters enrol answer.json
    """


@attesters.command("challenge", cls=DatabaseCommand)
@db_option
@click.argument("request_file", metavar="REQUEST", type=_file)
@click.argument("challenge_file", metavar="CHALLENGE", type=_new)
@click.option("--roots", type=_file, help="Certificates (PEM) of makers of TPMs that are believed.")
@click.option(
    "--endorsement", metavar="NAME", multiple=True,
    help="Name of an endorsement key that somebody read off the device ('privcv attest request' "
    "prints it).",
)  # fmt: skip
@click.pass_obj
def challenge(
    parent_db: str | None,
    db: str | None,
    request_file: Path,
    challenge_file: Path,
    roots: Path | None,
    endorsement: tuple[str, ...],
) -> None:
    """Ask the TPM of a request to prove that it is the one. To be answered within seven days.

    The endorsement key must be certified by its maker (--roots), or read off the device.
    """
    from cryptography import x509

    from privcv_across.attestation.enrolment_files import EnrolmentRequest, read_file
    from privcv_across.errors import AttestationError
    from privcv_collector.clock import now_utc
    from privcv_collector.devices.attester_enrolment import ask
    from privcv_collector.storage.database import open_database
    from privcv_core.files.output_file import output_file

    if roots is None and not endorsement:
        raise click.UsageError("name --roots of makers, or the --endorsement that was read off")
    try:
        known = [bytes.fromhex(name) for name in endorsement]
    except ValueError as error:
        raise click.UsageError("--endorsement: is 68 hexadecimal digits") from error
    makers: list[x509.Certificate] = []
    if roots is not None:
        try:
            makers = x509.load_pem_x509_certificates(read_file(roots))
        except ValueError as error:
            raise AttestationError(f"{roots}: holds no certificates in PEM") from error
    request = EnrolmentRequest.decode(read_file(request_file), str(request_file))
    database = open_database(database_url(db, parent_db), makes=False)
    made = ask(database, request, makers, known, now_utc())
    with output_file(challenge_file, [request_file, roots]) as file:
        file.write(made.encode())


@attesters.command("enrol", cls=DatabaseCommand)
@db_option
@click.argument("answer_file", metavar="ANSWER", type=_file)
@click.pass_obj
def enrol(parent_db: str | None, db: str | None, answer_file: Path) -> None:
    """Take the TPM that answered as the device's. It replaces one that was enrolled before."""
    from privcv_across.attestation.enrolment_files import EnrolmentAnswer, read_file
    from privcv_collector.clock import now_utc
    from privcv_collector.devices.attester_enrolment import enrol_attester
    from privcv_collector.storage.database import open_database

    answer = EnrolmentAnswer.decode(read_file(answer_file), str(answer_file))
    database = open_database(database_url(db, parent_db), makes=False)
    click.echo(f"enrolled: the TPM of device {enrol_attester(database, answer, now_utc())}")


@attesters.command("remove", cls=DatabaseCommand)
@db_option
@click.argument("device")
@click.pass_obj
def remove(parent_db: str | None, db: str | None, device: str) -> None:
    """Forget the TPM of DEVICE. Its reports are taken as before; its state is not looked at."""
    from privcv_collector.devices.attester_enrolment import remove_attester
    from privcv_collector.storage.database import open_database

    database = open_database(database_url(db, parent_db), makes=False)
    remove_attester(database, checked_device(device))
