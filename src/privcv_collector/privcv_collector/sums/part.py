# SPDX-License-Identifier: Apache-2.0
"""This collector's part in sums over sites while it runs: its tasks, the other one, the log."""

import asyncio
import logging
import time
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from privcv_across.errors import LogError
from privcv_across.messages.basic import Role
from privcv_collector.clock import now_utc
from privcv_collector.storage.database import one_line, writing
from privcv_collector.sums.closing import sweep
from privcv_collector.sums.exchange import Helper
from privcv_collector.sums.leading import lead
from privcv_collector.sums.logbook import Logbook
from privcv_collector.sums.settings import SumSettings
from privcv_collector.sums.tasks import Sums, open_sums
from privcv_collector.sums.verifying import Ask
from privcv_collector.sums.witnesses import ask_witness

EVERY_S = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """``sums`` is ``None`` with the role single, ``logbook`` where no log is set."""

    sums: Sums | None = None
    logbook: Logbook | None = None
    ask: Ask | None = None

    @property
    def writes_log(self) -> bool:
        """Whether what happens here is to stand in a log."""
        return self.logbook is not None

    def close(self) -> None:
        """Let the log go."""
        if self.logbook is not None:
            self.logbook.close()


NO_PART = Part()
"""Of a collector that is alone."""


def open_part(engine: Engine, settings: SumSettings) -> Part:
    """Raises ``PrivcvError`` naming what cannot be used."""
    sums = open_sums(engine, settings, now_utc())
    logbook = None if settings.log is None else Logbook(engine, settings.log, ask_witness)
    ask: Ask | None = None
    if sums is not None and sums.role is Role.LEADER:
        ask = Helper(sums.signing_key, sums.other_ca, time.time)
    return Part(sums, logbook, ask)


async def keep_summing(engine: Engine, part: Part) -> None:
    """Verify, close and write the log every few seconds, until cancelled."""
    said: list[str] = []
    while True:
        faults = await asyncio.to_thread(go_on, engine, part)
        for fault in faults:
            if fault not in said:
                _log.warning("sums over sites: %s; comes again", fault)
        said = faults
        await asyncio.sleep(EVERY_S)


def go_on(engine: Engine, part: Part) -> list[str]:
    """One round; what stood in its way, in words."""
    faults = []
    now = now_utc()
    try:
        if part.sums is not None and part.ask is not None:
            faults += lead(engine, part.sums, part.ask, now)
        elif part.sums is not None:
            for task in part.sums.tasks.values():
                with writing(engine).begin() as connection:
                    sweep(connection, task)
        if part.logbook is not None:
            part.logbook.write(now.timestamp())
    except SQLAlchemyError as error:
        faults.append(one_line(error))
    except LogError as error:
        faults.append(str(error))
    return faults
