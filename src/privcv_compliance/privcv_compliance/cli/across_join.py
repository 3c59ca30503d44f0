# SPDX-License-Identifier: Apache-2.0
"""``privcv across join``: take part in a task that both operators signed."""

from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option
from privcv_core.printable import printable

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("task", type=_file)
@click.option(
    "--proof", type=_file, required=True, help="That it is in a log: what 'privcv log prove' wrote."
)
@site_option
def command(task: Path, proof: Path, site_path: Path) -> None:
    """Take part in TASK, the document that both operators signed, if nothing speaks against it.

    Asked are both signatures, the log and its witnesses, this site's lists of operators, its
    roster, cells, smallest number of sites and budget. All that speaks against it is said, and
    nothing is changed then. It counts from the next start of 'privcv up'.

    \b
    Example:
      privcv across join lobby.task --proof lobby.proof --site site.yaml
    """
    from privcv_across.errors import LogError, TaskError, TaskRefused
    from privcv_across.task.signed_task import MOST_BYTES, SignedTask
    from privcv_across.task.task_folder import KeptTask, keep_task, read_key
    from privcv_across.transparency.log_proof import LogProof
    from privcv_core.files.input_file import read_input
    from privcv_privacy.across.joined_tasks import join_one, join_tasks, read_policy
    from privcv_site.site import load_site

    site = load_site(site_path)
    if site.across is None:
        raise TaskRefused(f"{site_path}: has no 'across': add leaders, helpers and policy")
    try:
        signed = SignedTask.decode(read_input(task, MOST_BYTES))
        kept = KeptTask(signed, LogProof.decode(read_input(proof, MOST_BYTES)))
    except OSError as error:
        raise TaskError(f"{error.filename or task}: cannot be read: {error.strerror}") from error
    except (TaskError, LogError) as error:
        raise TaskError(f"{task}: {error}") from error
    folder, privacy, zones = site.across_folder, site.privacy, site.counted_zones
    others = join_tasks(site.across, privacy, folder, zones).tasks
    others = tuple(one for one in others if one.task.task_id != signed.task.task_id)
    key, policy = read_key(folder), read_policy(site.across.policy)
    joined = join_one(kept, others, site.across, privacy, key, policy, zones)
    if datetime.now(timezone.utc) >= joined.task.interval[1]:
        raise TaskRefused(f"task {joined.name}: expires: {joined.task.expires} is past")
    keep_task(folder, kept)
    leader, helper = (one.operator.name for one in (joined.task.leader, joined.task.helper))
    click.echo(
        f"task {joined.name}: joined, by {printable(leader)} and {printable(helper)}, "
        f"epsilon {joined.task.noise.epsilon:g} of a visit's {privacy.epsilon:g}, from "
        f"{joined.task.begins} until {joined.task.expires}; start 'privcv up' again"
    )
