# SPDX-License-Identifier: Apache-2.0
"""Looks at the rules every few seconds, by the clock, and tells who is to be told."""

import asyncio

from sqlalchemy import Engine

from privcv_collector.alerts.delivery import deliver
from privcv_collector.alerts.evaluation import evaluate
from privcv_collector.alerts.settings import AlertSettings
from privcv_collector.clock import now_utc

EVERY_S = 10.0


async def keep_watch(engine: Engine, settings: AlertSettings) -> None:
    """Until cancelled; what is under way then goes on to its end, on its thread."""
    while True:
        await asyncio.to_thread(evaluate, engine, now_utc())
        await asyncio.to_thread(deliver, engine, settings, now_utc())
        await asyncio.sleep(EVERY_S)
