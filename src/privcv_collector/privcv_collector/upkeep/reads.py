# SPDX-License-Identifier: Apache-2.0
"""Writes down who read what, every few seconds."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from privcv_collector.devices.read_log import ReadLog
from privcv_collector.storage.database import one_line

EVERY_S = 10.0
_log = logging.getLogger(__name__)


async def keep_writing(reads: ReadLog) -> None:
    """Until cancelled; the end of the collector writes the rest."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await asyncio.to_thread(reads.write)
        except SQLAlchemyError as error:
            _log.warning("the audit of readers waits: %s", one_line(error))
