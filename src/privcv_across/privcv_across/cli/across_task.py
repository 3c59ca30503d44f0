# SPDX-License-Identifier: Apache-2.0
"""``privcv across task``: two operators draft, sign and check the task of a sum over sites."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_core.printable import printable

if TYPE_CHECKING:
    from privcv_across.task.draft import Draft

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_folder = click.Path(file_okay=False, path_type=Path)
_new = click.Path(dir_okay=False, path_type=Path)
_sealing = click.option(
    "--sealing-key", type=_file, required=True,
    help="sealing.json of your collector (0600): what both verify by follows from it.",
)  # fmt: skip


@click.group()
def command() -> None:
    """Draft, sign and check the task of a sum over sites.

    \b
    Examples:
      privcv across task keys leader --url https://leader.example/ --name "Chain Ltd"
      privcv across task draft choices.yaml --sealing-key leader/sealing.json -o lobby.draft
      privcv across task sign lobby.draft --key leader/operator.pem -o lobby.half
      privcv across task sign lobby.half --key helper/operator.pem -o lobby.task
      privcv across task check lobby.task --policy policy.txt --proof lobby.proof
    """


@command.command()
@click.argument("folder", type=_folder)
@click.option("--url", required=True, help="Where your collector is: https://, with / at its end.")
@click.option("--name", required=True, help="What people call who runs it.")
@click.option(
    "--number", type=click.IntRange(0, 255), default=1, show_default=True,
    help="Of the sealing key at this collector.",
)  # fmt: skip
def keys(folder: Path, url: str, name: str, number: int) -> None:
    """Make an operator's keys in FOLDER, and public.yaml for the other operator.

    operator.pem signs tasks: keep it away from the collector, which needs sign.pem and
    sealing.json. Keys that are there stay as they are.

    \b
    Example:
      privcv across task keys leader --url https://leader.example/ --name "Chain Ltd"
    """
    from privcv_across.task.operator_keys import make_operator_keys

    path = make_operator_keys(folder, url, name, number)
    click.echo(f"{printable(str(path))}: for the other operator; what else is there is secret")


@command.command()
@click.argument("choices", type=_file)
@_sealing
@click.option("-o", "--out", type=_new, required=True, help="The draft; must not exist.")
def draft(choices: Path, sealing_key: Path, out: Path) -> None:
    """Make a task of CHOICES (YAML): the cells, who takes part, noise, windows, both public.yaml.

    Either operator can. It is no task before both signed it.

    \b
    Example:
      privcv across task draft choices.yaml --sealing-key leader/sealing.json -o lobby.draft
    """
    from privcv_across.sealing.sealing_key import load_sealing_key
    from privcv_across.task.choices import TaskChoices
    from privcv_core.settings.model import load_settings

    made = load_settings(TaskChoices, choices).draft(load_sealing_key(sealing_key), choices)
    _write(out, made)
    _say(made)


@command.command()
@click.argument("draft", type=_file)
@click.option("--key", type=_file, required=True, help="operator.pem (0600) of one operator.")
@click.option("--passphrase", is_flag=True, help="Ask for the key's passphrase.")
@click.option(
    "--sealing-key", type=_file,
    help="sealing.json of your collector: is the task for the key that both verify by?",
)  # fmt: skip
@click.option("-o", "--out", type=_new, required=True, help="The signed draft; must not exist.")
def sign(draft: Path, key: Path, passphrase: bool, sealing_key: Path | None, out: Path) -> None:
    """Add the signature of one operator to DRAFT, and say what is signed.

    What the other one signed is verified before. With both it is the task.

    \b
    Example:
      privcv across task sign lobby.half --key helper/operator.pem -o lobby.task
    """
    from privcv_across.errors import TaskError
    from privcv_core.protocol.person_keys import load_key

    secret = click.prompt("Passphrase", hide_input=True, err=True) if passphrase else None
    found = _read(draft)
    _check_sealing(draft, found, sealing_key)
    try:
        signed = found.sign(load_key(key, secret))
    except TaskError as error:
        raise TaskError(f"{draft}: {error}") from error
    _write(out, signed)
    _say(signed)


@command.command()
@click.argument("task", type=_file)
@click.option("--policy", type=_file, help="Whom to believe: logs, witnesses, the quorum.")
@click.option("--proof", type=_file, help="With --policy: what 'privcv log prove' wrote.")
@click.option("--sealing-key", type=_file, help="sealing.json of your collector (0600).")
def check(task: Path, policy: Path | None, proof: Path | None, sealing_key: Path | None) -> None:
    """Say what TASK is, and what it lacks: signatures, the log, witnesses.

    Exits with 1 where it lacks something. Of the log is asked only with --policy and --proof.

    \b
    Example:
      privcv across task check lobby.task --policy policy.txt --proof lobby.proof
    """
    if (policy is None) != (proof is None):
        raise click.UsageError("--policy and --proof: name both or neither")
    found = _read(task)
    _check_sealing(task, found, sealing_key)
    _say(found)
    if found.missing:
        sys.exit(1)
    if policy is None or proof is None:
        click.echo("log: not looked at; name --policy and --proof")
        return
    from privcv_across.task.joining import not_logged
    from privcv_across.transparency.log_proof import LogProof
    from privcv_across.transparency.policy import Policy

    believed = Policy.parse(_bytes(policy).decode("utf-8", "replace"))
    reasons = list(not_logged(found.finished(), LogProof.decode(_bytes(proof)), believed))
    for reason in reasons:
        click.echo(f"MISSING: {printable(reason)}")
    if reasons:
        sys.exit(1)
    click.echo("log: the task stands in it, cosigned by the quorum")


def _say(found: "Draft") -> None:
    task = found.task
    click.echo(
        f"task {task.task_id.hex()}\n"
        f"  {len(task.cells)} cells, {len(task.roster)} sites of which at least {task.min_sites}, "
        f"windows of {task.window_s} s, {task.begins} until {task.expires}\n"
        f"  epsilon {task.noise.epsilon:g} of a visit with {task.noise.votes} votes, floor "
        f"{task.floor_epsilon:g}; room for {task.most_visits} visits of a site in a window"
    )
    for role in ("leader", "helper"):
        party = getattr(task, role)
        state = "MISSING: not signed by" if role in found.missing else "signed by"
        click.echo(f"  {role} {printable(party.url)}: {state} {printable(party.operator.name)}")


def _read(path: Path) -> "Draft":
    """Raises ``TaskError`` naming the file."""
    from privcv_across.errors import AcrossError, TaskError
    from privcv_across.task.draft import Draft

    try:
        return Draft.decode(_bytes(path))
    except AcrossError as error:
        raise TaskError(f"{path}: {error}") from error


def _check_sealing(path: Path, found: "Draft", sealing_key: Path | None) -> None:
    from privcv_across.errors import TaskError
    from privcv_across.sealing.sealing_key import load_sealing_key

    if sealing_key is None:
        return
    try:
        found.check_verification(load_sealing_key(sealing_key))
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from error


def _bytes(path: Path) -> bytes:
    from privcv_across.errors import TaskError
    from privcv_across.task.signed_task import MOST_BYTES
    from privcv_core.files.input_file import read_input

    try:
        return read_input(path, MOST_BYTES)
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}") from error


def _write(path: Path, made: "Draft") -> None:
    from privcv_core.files.atomic_file import write_new

    write_new(path, made.encode())
