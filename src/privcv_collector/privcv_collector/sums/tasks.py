# SPDX-License-Identifier: Apache-2.0
"""The tasks of this collector: read from files that both operators signed, kept in the database.

A task stands in the log with its roster in the same transaction: no report is taken before.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from privcv_across.errors import AcrossError, TaskError
from privcv_across.messages.basic import Role
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sealing_key import load_sealing_key
from privcv_across.sealing.shared_key import aggregator
from privcv_across.sealing.verification import Aggregator
from privcv_across.task.document import Collector as TaskCollector
from privcv_across.task.document import Task
from privcv_across.task.signed_task import MOST_BYTES, SignedTask
from privcv_across.totals.collector_noise import CollectorNoise
from privcv_across.transparency.log_entry import LogEntry
from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import writing
from privcv_collector.storage.sum_tables import sum_tasks
from privcv_collector.sums.log_queue import queue_entries
from privcv_collector.sums.settings import SumSettings
from privcv_core.files.input_file import read_input
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.person_keys import load_key
from privcv_core.protocol.signing import SigningKey

_ROLES = {"leader": Role.LEADER, "helper": Role.HELPER}


@dataclass(frozen=True)
class RunningTask:
    """A task with what this collector computes with."""

    pk: int
    task: Task
    aggregator: Aggregator
    noise: CollectorNoise
    other: TaskCollector
    """The other collector of it."""

    @property
    def id(self) -> str:
        """64 hexadecimal digits."""
        return self.task.task_id.hex()

    def closes_at(self, time: int) -> int:
        """When the window ``time`` is to be closed, seconds since 1970."""
        return (time + 1) * self.task.window_s + self.task.close_after_s


@dataclass(frozen=True)
class Sums:
    """This collector's part in sums over sites."""

    role: Role
    signing_key: SigningKey
    tasks: dict[str, RunningTask]
    """By their id, hexadecimal."""
    other_ca: Path | None


def open_sums(engine: Engine, settings: SumSettings, now: datetime) -> Sums | None:
    """Take in new tasks, and get ready; ``None`` with the role single.

    Raises ``CollectorError`` and ``PrivcvError`` naming the file that cannot be used.
    """
    if settings.role == "single" or not settings.sealing_key or not settings.signing_key:
        return None
    role = _ROLES[settings.role]
    sealing, signing = load_sealing_key(settings.sealing_key), load_key(settings.signing_key)
    for path in settings.tasks:
        signed = _read(path)
        _prepare(0, signed.task, role, sealing, signing, str(path))
        with writing(engine).begin() as connection:
            _add(connection, signed, now)
    with engine.connect() as connection:
        rows = connection.execute(select(sum_tasks).order_by(sum_tasks.c.pk)).all()
    found = {}
    for row in rows:
        task = SignedTask.decode(bytes(row.document)).task
        found[row.task] = _prepare(row.pk, task, role, sealing, signing, f"task {row.task}")
    return Sums(role, signing, found, settings.other_ca)


def _read(path: Path) -> SignedTask:
    try:
        return SignedTask.decode(read_input(path, MOST_BYTES))
    except OSError as error:
        raise CollectorError(f"{path}: cannot be read: {error.strerror}") from error
    except TaskError as error:
        raise CollectorError(f"{path}: {error}") from error


def _prepare(
    pk: int, task: Task, role: Role, sealing: HpkeKey, signing: SigningKey, where: str
) -> RunningTask:
    mine, other = task.leader, task.helper
    if role is Role.HELPER:
        mine, other = other, mine
    if signing.public != mine.sign:
        raise CollectorError(
            f"{where}: names another signing key for the {role.name.lower()} than signing_key"
        )
    try:
        made = aggregator(task.sum_task(), role, sealing)
        noise = CollectorNoise(task.noise.epsilon, task.noise.votes)
    except AcrossError as error:
        raise CollectorError(f"{where}: {error}") from error
    return RunningTask(pk, task, made, noise, other)


def _add(connection: Connection, signed: SignedTask, now: datetime) -> None:
    task_id = signed.task.task_id.hex()
    known = connection.scalar(select(sum_tasks.c.pk).where(sum_tasks.c.task == task_id))
    if known is not None:
        return
    document = signed.encode()
    connection.execute(insert(sum_tasks).values(task=task_id, document=document, added_at=now))
    roster = hashlib.sha256(canonical(signed.task.roster)).hexdigest()
    queue_entries(connection, [signed.entry, LogEntry("roster", f"{task_id}/roster", roster)])
