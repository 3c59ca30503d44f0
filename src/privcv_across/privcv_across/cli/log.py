# SPDX-License-Identifier: Apache-2.0
"""``privcv log``: verify a transparency log, or an entry of it, against a policy; prove one."""

import sys
from pathlib import Path

import click

from privcv_core.printable import printable

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Verify a transparency log of sums over sites, and prove what stands in it."""


@command.command()
@click.argument("folder", type=_folder)
@click.option(
    "--policy", type=_file, required=True, help="Whom to believe: logs, witnesses, the quorum."
)
@click.option("--entry", type=_file, help="With --proof: one entry, as its line in the log.")
@click.option("--proof", type=_file, help="With --entry: what 'privcv log prove' wrote.")
def verify(folder: Path, policy: Path, entry: Path | None, proof: Path | None) -> None:
    """Hash every entry of a copy of the log again, and check its checkpoint and the witnesses.

    With --entry and --proof also that this entry stands under the proof's checkpoint, and that the
    log in FOLDER is one with it. Exits with 1 where something is wrong.

    \b
    Examples:
      privcv log verify /var/lib/privcv/log --policy policy.txt
      privcv log verify copy --policy policy.txt --entry task.json --proof task.proof
    """
    from privcv_across.errors import LogError
    from privcv_across.transparency.log_entry import LogEntry
    from privcv_across.transparency.log_file import verify_log
    from privcv_across.transparency.log_proof import LogProof
    from privcv_across.transparency.policy import Policy

    if (entry is None) != (proof is None):
        raise click.UsageError("--entry and --proof: name both or neither")
    believed = Policy.parse(_read(policy).decode("utf-8", "replace"))
    one = LogEntry.decode(_read(entry).removesuffix(b"\n")) if entry else None
    proved = LogProof.decode(_read(proof)) if proof else None
    try:
        head, entries = verify_log(folder, believed)
        if one and proved:
            proved.check(one, believed)
            if proved.index >= len(entries) or entries[proved.index] != one:
                raise LogError(f"{folder}: has another entry {proved.index} than the proof")
    except LogError as error:
        click.echo(f"WRONG: {printable(str(error))}", err=True)
        sys.exit(1)
    click.echo(f"{printable(head.origin)}: {head.size} entries, root {head.root.hex()}: verified")
    if proved:
        click.echo(f"entry {proved.index}: stands in it")


@command.command()
@click.argument("folder", type=_folder)
@click.option(
    "--policy", type=_file, required=True, help="Whom to believe: logs, witnesses, the quorum."
)
@click.option(
    "--subject", required=True, help="Whose entry: of a task its id, 64 hexadecimal digits."
)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
    help="The proof (c2sp.org/tlog-proof); the entry lies beside it, with .entry.",
)  # fmt: skip
def prove(folder: Path, policy: Path, subject: str, out: Path) -> None:
    """Write the proof of the newest entry of SUBJECT, for who has no copy of the log.

    The log is verified first. Exits with 1 where that fails, or there is no such entry.

    \b
    Example:
      privcv log prove /var/lib/privcv/log --policy policy.txt --subject 5f70… -o task.proof
    """
    from privcv_across.errors import LogError
    from privcv_across.transparency.log_file import prove_copy
    from privcv_across.transparency.policy import Policy
    from privcv_core.files.output_file import output_file

    believed = Policy.parse(_read(policy).decode("utf-8", "replace"))
    try:
        entry, proof = prove_copy(folder, believed, subject)
    except LogError as error:
        click.echo(f"WRONG: {printable(str(error))}", err=True)
        sys.exit(1)
    with output_file(out, [policy]) as file:
        file.write(proof.encode())
    with output_file(out.with_name(out.name + ".entry"), [policy, out]) as file:
        file.write(entry.encode() + b"\n")
    click.echo(f"entry {proof.index}: proved in {printable(str(out))}")


@command.command()
@click.argument("file", type=_file)
@click.option("--origin", required=True, help="The log's name in its checkpoints.")
def key(file: Path, origin: str) -> None:
    """Print the line of a policy that names the log whose key (0600) is in FILE.

    \b
    Examples:
      openssl genpkey -algorithm ed25519 -out log.pem
      privcv log key log.pem --origin log.example > logs.txt
    """
    from privcv_across.transparency.signed_note import LOG_KEY, NoteKey
    from privcv_core.protocol.person_keys import load_key

    line = NoteKey.of(origin, LOG_KEY, load_key(file)).encode()
    NoteKey.decode(line)  # a name that no checkpoint can have is refused
    click.echo(f"log {line}")


def _read(path: Path) -> bytes:
    """Raises ``LogError`` naming the file."""
    from privcv_across.errors import LogError
    from privcv_core.files.input_file import read_input

    try:
        return read_input(path, 1 << 20)
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from error
