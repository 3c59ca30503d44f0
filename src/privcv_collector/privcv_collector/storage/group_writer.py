# SPDX-License-Identifier: Apache-2.0
"""Group commit: one thread stores, in one transaction, all that arrived while it stored the last.

A durable commit costs a flush of the disk whether it holds one batch or two hundred. Nobody is
answered before the commit that holds the batch returned.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from privcv_collector.refused import busy

Job = TypeVar("Job")
Result = TypeVar("Result")
_log = logging.getLogger(__name__)


class GroupWriter(Generic[Job, Result]):
    """Runs ``store`` on groups of at most ``most`` jobs, in order of arrival, on one thread.

    ``store`` returns a result for each job. Beyond ``max_waiting`` jobs the next are refused.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Job]], Sequence[Result]],
        most: int = 256,
        max_waiting: int = 2000,
    ) -> None:
        self._store = store
        self._most = most
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[Job, asyncio.Future[Result]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="collector-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait to be stored."""
        return len(self._waiting)

    async def submit(self, job: Job) -> Result:
        """Store ``job``: returns once it is committed. Raises ``Refused`` where that fails."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._closed or len(self._waiting) >= self._max_waiting:
                raise busy("the collector has more to store than it can; try again")
            self._waiting.append((job, future))
            self._changed.notify()
        return await future

    def close(self) -> None:
        """Store what waits, then end the thread. Blocks."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                size = min(self._most, len(self._waiting))
                group = [self._waiting.popleft() for _ in range(size)]
            results = self._store_all([job for job, _ in group])
            settled = [(future, result) for (_, future), result in zip(group, results, strict=True)]
            loop = group[0][1].get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, settled)

    def _store_all(self, jobs: list[Job]) -> Sequence[Result | Exception]:
        try:
            return self._store(jobs)
        except Exception as error:
            # Without a database no job has a chance; else the others do, each by itself.
            gone = isinstance(error, (OperationalError, InterfaceError)) or (
                isinstance(error, DBAPIError) and error.connection_invalidated
            )
            if len(jobs) == 1 or gone:
                _log.error("cannot store: %s", " ".join(str(error).split())[:300])
                return [busy("the database cannot store at present; try again")] * len(jobs)
        return [result for job in jobs for result in self._store_all([job])]


def _settle(
    settled: list[tuple["asyncio.Future[Result]", Result | Exception]],
) -> None:
    for future, result in settled:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
