# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL, also behind a pooler that gives each transaction another session.

What a session was told once holds only as long as the session is ours, and behind PgBouncer and
its like it is not. So what is promised is set inside each transaction, and statements are prepared
only where nobody stands in between.
"""

from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event

from privcv_collector.errors import CollectorError

READ_ONLY = "25006"
"""SQLSTATE of a write where nothing may be written: read_only_sql_transaction."""

# The defaults of server, database or user may be others: then a commit would be answered before it
# is on the disk, and the driver fail on the ends of the calendar. One statement, one round trip.
_PROMISED = (
    "SELECT set_config('synchronous_commit', 'on', true), set_config('timezone', 'UTC', true)"
)


def postgresql_engine(url: Any) -> Engine:
    """An engine whose transactions are durable, whatever the defaults and whoever pools."""
    engine = create_engine(
        url, pool_pre_ping=True, pool_size=8, max_overflow=16,
        connect_args={"client_encoding": "utf8"},
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding not in ("UTF8", None):  # None: a pooler that does not tell
            raise CollectorError(
                f"database {connection.info.dbname}: has the encoding {encoding}; make one with "
                "ENCODING 'UTF8' TEMPLATE template0"
            )
        if _is_pooled(connection):
            connection.prepare_threshold = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(_PROMISED)

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> None:
        """Connect anew: after a failover these connections lead to what is now a standby."""
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True

    return engine


def _is_pooled(connection: Any) -> bool:
    """Whether a pooler answers: at the connection it names no process of PostgreSQL."""
    autocommit, connection.autocommit = connection.autocommit, True
    try:
        ((process,),) = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchall()
    finally:
        connection.autocommit = autocommit
    return bool(process != connection.info.backend_pid)
