# SPDX-License-Identifier: Apache-2.0
"""What is read of sums over sites: tasks, closed windows with their totals, proofs."""

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, select

from privcv_across.messages.closing import read_ids
from privcv_across.task.signed_task import SignedTask
from privcv_across.transparency.merkle_tree import MerkleTree, leaf_hash
from privcv_collector.storage.sum_tables import sum_tasks, sum_totals, window_closes
from privcv_collector.sums.closing import PROPOSED, close_content
from privcv_core.protocol.timestamps import rfc3339

__all__ = ["proof", "shown", "tasks", "totals"]


def tasks(connection: Connection) -> list[dict[str, Any]]:
    """All tasks, in the order in which they were taken in."""
    rows = connection.execute(select(sum_tasks).order_by(sum_tasks.c.pk))
    found = []
    for row in rows:
        task = SignedTask.decode(bytes(row.document)).task
        found.append(
            {
                "task": row.task,
                "leader": task.leader.operator.name,
                "helper": task.helper.operator.name,
                "cells": task.cells,
                "window_s": task.window_s,
                "sites": len(task.roster),
                "min_sites": task.min_sites,
                "epsilon": task.noise.epsilon,
                "begins": task.begins,
                "expires": task.expires,
            }
        )
    return found


def totals(connection: Connection, task: str, before: int | None, limit: int) -> list[Any]:
    """At most ``limit`` closed windows of ``task``, the newest first."""
    window, total = window_closes.c, sum_totals.c
    query = (
        select(
            window.time, window.state, window.report_ids, window.late, sum_tasks.c.document,
            total.sites, total.counts, total.half_width, total.confidence,
        )
        .join(sum_tasks, sum_tasks.c.pk == window.task_pk)
        .outerjoin(sum_totals, (total.task_pk == window.task_pk) & (total.time == window.time))
        .where(sum_tasks.c.task == task, window.state != PROPOSED)
        .order_by(window.time.desc())
        .limit(limit)
    )  # fmt: skip
    if before is not None:
        query = query.where(window.time < before)
    return list(connection.execute(query))


def shown(task_id: str, row: Any) -> dict[str, Any]:
    """A row of ``totals`` as it is told."""
    window_s = SignedTask.decode(bytes(row.document)).task.window_s
    return {
        "task": task_id,
        "start": rfc3339(datetime.fromtimestamp(row.time * window_s, timezone.utc)),
        "window_s": window_s,
        "state": row.state,
        "sites": len(read_ids(bytes(row.report_ids))),
        "late": row.late,
        "counts": row.counts,
        "half_width": row.half_width,
        "confidence": row.confidence,
    }


def proof(connection: Connection, task: str, time: int, report_id: bytes) -> dict[str, Any] | None:
    """What was closed, and where in it the report is; ``None`` while the window is open."""
    row = connection.execute(
        select(window_closes.c.state, window_closes.c.report_ids)
        .join(sum_tasks, sum_tasks.c.pk == window_closes.c.task_pk)
        .where(
            sum_tasks.c.task == task,
            window_closes.c.time == time,
            window_closes.c.state != PROPOSED,
        )
    ).first()
    if row is None:
        return None
    ids = read_ids(bytes(row.report_ids))
    index, hashes = None, list[bytes]()
    if report_id in ids:
        tree = MerkleTree()
        for one in ids:
            tree.append(leaf_hash(one))
        index = ids.index(report_id)
        hashes = tree.inclusion_proof(index)
    return {
        "close": close_content(task, time, row.state, ids),
        "index": index,
        "hashes": [one.hex() for one in hashes],
    }
