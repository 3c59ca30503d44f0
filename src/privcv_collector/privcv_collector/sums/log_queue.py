# SPDX-License-Identifier: Apache-2.0
"""What is to stand in the log, kept with what it is about in one transaction.

The log is what this table says, in the order of its numbers: a crash between the two leaves entries
that are written next, never one that is written twice.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from privcv_across.transparency.log_entry import LogEntry
from privcv_collector.storage.sum_tables import log_entries

AT_ONCE = 5_000


def queue_entries(connection: Connection, entries: Sequence[LogEntry]) -> None:
    """Put ``entries`` into the queue, inside the caller's transaction."""
    if entries:
        connection.execute(
            insert(log_entries),
            [{"kind": one.kind, "subject": one.subject, "digest": one.digest} for one in entries],
        )


def number_entries(connection: Connection) -> int:
    """Give what waits the next numbers of the log; how many."""
    following = count_numbered(connection)
    waiting = (
        select(log_entries.c.pk)
        .where(log_entries.c.number.is_(None))
        .order_by(log_entries.c.pk)
        .limit(AT_ONCE)
    )
    pks = list(connection.execute(waiting).scalars())
    for number, pk in enumerate(pks, following):
        connection.execute(update(log_entries).where(log_entries.c.pk == pk).values(number=number))
    return len(pks)


def count_numbered(connection: Connection) -> int:
    """How many entries the log has, or is about to have."""
    last: int | None = connection.scalar(select(func.max(log_entries.c.number)))
    return 0 if last is None else last + 1


def numbered_entries(connection: Connection, first: int) -> list[LogEntry]:
    """At most ``AT_ONCE`` entries from number ``first`` on, in their order."""
    rows = connection.execute(
        select(log_entries.c.kind, log_entries.c.subject, log_entries.c.digest)
        .where(log_entries.c.number >= first)
        .order_by(log_entries.c.number)
        .limit(AT_ONCE)
    )
    return [LogEntry(row.kind, row.subject, row.digest) for row in rows]


def number_of(connection: Connection, entry: LogEntry) -> int | None:
    """The number of ``entry`` in the log; ``None`` where it has none yet."""
    number: int | None = connection.scalar(
        select(log_entries.c.number).where(
            log_entries.c.kind == entry.kind,
            log_entries.c.subject == entry.subject,
            log_entries.c.digest == entry.digest,
        )
    )
    return number
