# SPDX-License-Identifier: Apache-2.0
"""The one watcher of a process: sees what was committed, by whichever process, and tells streams.

It asks the database how many batches each site has, and reads a site anew where that grew: once,
however many look at it. Who may see what is read again before anything is written.
"""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from privcv_collector.api.authorize import accesses_of
from privcv_collector.api.now_content import display_of, sites_now
from privcv_collector.clock import now_utc
from privcv_collector.collector import Collector
from privcv_collector.devices.access import Access
from privcv_collector.limits.streams import Stream
from privcv_collector.storage.database import one_line
from privcv_collector.storage.tables import devices, sites

_log = logging.getLogger(__name__)

EVERY_S = 0.2
"""How long after a look the next one is, at least, s."""

SHARE = 0.04
"""Of a core: after a look that took long the next one waits, so that nothing is stored later."""

RECHECK_S = 15.0
"""After how long at most a stream ends whose token did, s."""


@dataclass(frozen=True)
class _Seen:
    """One look: names and positions of sites by key, who may see what, what changed."""

    names: dict[int, str]
    positions: dict[int, str]
    accesses: dict[str, Access]
    contents: dict[int, dict[str, Any]]


class EventWatcher:
    """Looks while anybody listens."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._positions: dict[int, str] | None = None
        self._checked_s = 0.0

    async def run(self) -> None:
        """Until cancelled. A database that does not answer is asked again; nobody is told of it."""
        while True:
            if not len(self._collector.streams):
                self._positions = None  # what happens meanwhile, nobody missed
                await self._collector.streams.wait_for_somebody()
            took_s = 0.0
            try:
                took_s = await self.look()
            except SQLAlchemyError as error:
                _log.error("events: %s", one_line(error))
            await asyncio.sleep(max(EVERY_S, took_s / SHARE))

    async def look(self) -> float:
        """Look once and tell; the time of the processor that it took, s."""
        streams = self._collector.streams.all()
        seen, took_s = await run_in_threadpool(self._timed, streams)
        began_s = time.thread_time()
        if seen is not None:
            tell(streams, seen)
        return took_s + time.thread_time() - began_s

    def _timed(self, streams: Collection[Stream]) -> tuple[_Seen | None, float]:
        began_s = time.thread_time()
        return self._read(streams), time.thread_time() - began_s

    def _read(self, streams: Collection[Stream]) -> _Seen | None:
        """What there is to tell; ``None`` for nothing."""
        engine, before = self._collector.engine, self._positions
        with engine.connect() as connection:
            names, positions = _positions(connection)
        self._positions = positions
        changed = {pk for pk in positions if before and before.get(pk) != positions[pk]}
        due = time.monotonic() - self._checked_s >= RECHECK_S
        if not (changed or due or any(stream.is_new for stream in streams)):
            return None
        accesses = accesses_of(self._collector, {one.credential for one in streams})
        self._checked_s = time.monotonic()
        watched = {
            pk: names[pk] for pk in changed if any(_sees(it, names[pk]) for it in accesses.values())
        }
        with engine.connect() as connection:
            found = sites_now(connection, watched, now_utc()) if watched else []
        return _Seen(names, positions, accesses, dict(zip(watched, found, strict=True)))


def tell(streams: Iterable[Stream], seen: _Seen) -> None:
    """Give each stream what its reader may see of what changed; end those that may see nothing.

    A position is a digest of what the reader's own sites hold: it tells nothing of others.
    """
    spelled: dict[tuple[int, frozenset[str]], str] = {}
    for stream in streams:
        access = seen.accesses.get(stream.credential)
        if access is None:
            stream.end()
            continue
        mine = [pk for pk, name in seen.names.items() if _sees(access, name)]
        position = _digest(*(seen.positions[pk] for pk in mine))
        if stream.is_new:
            stream.is_new = False
            if stream.last != position:
                stream.put("", event("reload", "{}", position))
            continue
        for pk in seen.contents.keys() & set(mine):
            if (pk, access.places) not in spelled:
                site = seen.contents[pk]
                shown = display_of(site, access) if access.role == "display" else site
                spelled[pk, access.places] = json.dumps(shown)
            stream.put(seen.names[pk], event("now", spelled[pk, access.places], position))


def event(kind: str, data: str, position: str) -> bytes:
    """An event of a stream (HTML, section 9.2.6): ``data`` is one line."""
    return f"id: {position}\nevent: {kind}\ndata: {data}\n\n".encode()


def _sees(access: Access, site: str) -> bool:
    return not access.sites or site in access.sites


def _positions(connection: Connection) -> tuple[dict[int, str], dict[int, str]]:
    """Names of all sites by key, and what changes whenever something of a site is stored."""
    query = (
        select(
            sites.c.pk, sites.c.name, func.count(devices.c.pk), func.count(devices.c.revoked_at),
            func.coalesce(func.sum(devices.c.last_batch), 0),
        )
        .outerjoin(devices, devices.c.site_pk == sites.c.pk)
        .group_by(sites.c.pk, sites.c.name)
        .order_by(sites.c.pk)
    )  # fmt: skip
    names, positions = {}, {}
    for pk, name, *numbers in connection.execute(query):
        names[pk], positions[pk] = name, _digest(name, *map(str, numbers))
    return names, positions


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
