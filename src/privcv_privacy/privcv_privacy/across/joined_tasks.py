# SPDX-License-Identifier: Apache-2.0
"""Which tasks of the folder this device takes part in, and in words why not in the others.

Whether a task has ended is asked of each window and not here: a clock that is wrong for a while
must not end a task for good.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from privcv_across.errors import AcrossError, LogError, TaskRefused
from privcv_across.sealing.sealed_report import seal_report
from privcv_across.sealing.sum_task import SumTask
from privcv_across.task.document import Task
from privcv_across.task.joining import JoinRules, join
from privcv_across.task.task_folder import KeptTask, read_key, read_tasks
from privcv_across.transparency.policy import Policy
from privcv_core.errors import KeyFileError
from privcv_core.files.regular_file import read_regular
from privcv_core.protocol.secure_release import LONGEST_REPORT
from privcv_core.protocol.signing import SigningKey
from privcv_privacy.across.cells import read_cells
from privcv_privacy.across_settings import AcrossSettings
from privcv_privacy.settings import PrivacySettings

SUMS = {3: "SumVec", 7: "L1BoundSum"}
"""Of the registry of VDAFs, what a vector of counts can be shared with."""


@dataclass(frozen=True)
class JoinedTask:
    """A task in which this device takes part."""

    task: Task
    sums: SumTask

    @property
    def name(self) -> str:
        """How it is called in keys of the ledger and in words: 16 digits of its id."""
        return self.task.task_id.hex()[:16]


@dataclass(frozen=True)
class JoinedTasks:
    """``refused``: why not in others, in words; ``key``: None where there is no task."""

    tasks: tuple[JoinedTask, ...] = ()
    refused: tuple[str, ...] = ()
    key: SigningKey | None = None


def join_tasks(
    settings: AcrossSettings, privacy: PrivacySettings, folder: Path, zones: Collection[str]
) -> JoinedTasks:
    """Ask of every task of ``folder`` whether this device with ``zones`` takes part in it.

    What cannot be read is refused too: nothing that is wrong with a sum over sites holds up the
    reports of the site itself.
    """
    tasks: list[JoinedTask] = []
    refused: list[str] = []
    try:
        kept = read_tasks(folder)
        if not kept:
            return JoinedTasks()
        key, policy = read_key(folder), read_policy(settings.policy)
    except (AcrossError, KeyFileError) as error:
        return JoinedTasks(refused=(str(error),))
    for one in kept:
        try:
            tasks.append(join_one(one, tasks, settings, privacy, key, policy, zones))
        except AcrossError as error:
            refused.append(str(error))
    return JoinedTasks(tuple(tasks), tuple(refused), key)


def join_one(
    kept: KeptTask,
    others: Sequence[JoinedTask],
    settings: AcrossSettings,
    privacy: PrivacySettings,
    key: SigningKey,
    policy: Policy,
    zones: Collection[str],
) -> JoinedTask:
    """The task beside the ``others``; raises ``TaskRefused`` with all that speaks against it."""
    task = kept.signed.task
    rules = JoinRules(
        device=key.public,
        leaders=frozenset(settings.leaders),
        helpers=frozenset(settings.helpers),
        policy=policy,
        min_sites=settings.min_sites,
        votes=privacy.max_cells,
        epsilon_left=privacy.across_epsilon - sum(_at_once(task, others)),
        largest_floor_epsilon=settings.largest_floor_epsilon,
    )
    reasons = list(_of_device(task, privacy, zones))
    try:
        sums = join(kept.signed, kept.proof, rules, task.interval[0])
        if not reasons:
            reasons += _of_report(task, sums, key)
    except TaskRefused as error:
        raise TaskRefused("; ".join([str(error), *reasons])) from error
    if reasons:
        raise TaskRefused(f"task {task.task_id.hex()[:16]}: {'; '.join(reasons)}")
    return JoinedTask(task, sums)


def read_policy(path: Path) -> Policy:
    """The policy file of the site; raises ``LogError`` naming it."""
    try:
        return Policy.parse(read_regular(path, 1 << 20).decode("utf-8", "replace"))
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from error
    except LogError as error:
        raise LogError(f"{path}: {error}") from error


def _at_once(task: Task, others: Sequence[JoinedTask]) -> Iterator[float]:
    """Epsilon of those tasks that a visit can be part of together with ``task``."""
    begins, expires = task.interval
    for other in others:
        start, end = other.task.interval
        if start < expires and begins < end:
            yield other.task.noise.epsilon


def _of_device(task: Task, privacy: PrivacySettings, zones: Collection[str]) -> Iterator[str]:
    if not privacy.across_share:
        yield "privacy.across_share: is 0: this site gives nothing to sums over sites"
    if task.vdaf.id not in SUMS:
        yield f"vdaf.id: {task.vdaf.id}; counts are shared with {', '.join(SUMS.values())}"
    elif task.most_visits < 1:
        yield f"vdaf: its cap of {task.cap} leaves no room for a visit beside the floor"
    try:
        if not set(read_cells(task.cells)) & set(zones):
            yield f"cells: none is of a zone of this site ({', '.join(sorted(zones))})"
    except AcrossError as error:
        yield str(error)


def _of_report(task: Task, sums: SumTask, key: SigningKey) -> Iterator[str]:
    """Whether a report of nothing can be made, and travels: a key may be none to seal with."""
    if sums.report_size > LONGEST_REPORT:
        yield f"cells: a report has {sums.report_size} bytes; {LONGEST_REPORT} can be sent"
        return
    begins = int(task.interval[0].timestamp()) // task.window_s
    try:
        seal_report(sums, key, begins, [0] * len(task.cells))
    except AcrossError as error:
        yield str(error)
