# SPDX-License-Identifier: Apache-2.0
"""Simulated devices: a key, a number of the next batch, and what is not acknowledged yet.

Light ones, so that 200 fit into one process: they sign and send over TLS as an uplink does, and try
again for ever. That outboxes outlive power cuts is what ``make chaos`` shows.
"""

import asyncio
import contextlib
import random
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import aiohttp

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.enrolment import device_id, seal_enrolment
from privcv_core.protocol.envelope import seal
from privcv_core.protocol.signing import SigningKey
from privcv_core.protocol.timestamps import rfc3339_whole

BEGIN = datetime(2026, 1, 31, tzinfo=timezone.utc)
BATCH = 10
WAIT_S = (0.05, 1.0)


class Figures:
    """What all devices met: answers, and how long those took that stored something."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.took_s: list[float] = []

    def quantile_ms(self, share: float) -> float:
        """Of the time of a request that stored something."""
        ordered = sorted(self.took_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3


class SimulatedDevice:
    """One device; ``made`` is the number of releases that exist, ``stored`` of those taken."""

    def __init__(self, number: int, window_s: int, tls: ssl.SSLContext, figures: Figures) -> None:
        self.number = number
        self._key = SigningKey.generate("Ed25519")
        self.name = device_id(self._key.alg, self._key.public)
        self._window_s = window_s
        self._tls = tls
        self._figures = figures
        self._rng = random.Random(number)
        self._batch = 1
        self.stored = 0

    async def enrol(self, session: aiohttp.ClientSession, urls: Sequence[str], token: str) -> None:
        """Until a collector says yes."""
        while True:
            raw = seal_enrolment(self._key, self.name, token, datetime.now(timezone.utc))
            if await self._post(session, urls, "/v1/devices", raw) in (200, 201):
                return

    async def deliver(
        self, session: aiohttp.ClientSession, urls: Sequence[str], through: int
    ) -> None:
        """Send releases up to number ``through``, as often as it takes."""
        while self.stored < through:
            last = min(through, self.stored + BATCH)
            releases = [self._release(number) for number in range(self.stored + 1, last + 1)]
            body = canonical({"dropped": 0, "releases": releases})
            now = datetime.now(timezone.utc)
            raw = seal(self._key, self.name, self._batch, now, body)
            started = time.perf_counter()
            if await self._post(session, urls, "/v1/batches", raw) == 200:
                self._figures.took_s.append(time.perf_counter() - started)
                self._batch += 1
                self.stored = last

    async def _post(
        self, session: aiohttp.ClientSession, urls: Sequence[str], path: str, raw: bytes
    ) -> int:
        url = self._rng.choice(urls)
        with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
            async with session.post(url + path, data=raw, ssl=self._tls) as answer:
                status = answer.status
                if status in (200, 201):
                    self._figures.answers[str(status)] += 1
                    return status
                told = await answer.json()
                self._figures.answers[f"{status} {told.get('error')}"] += 1
                await asyncio.sleep(self._rng.uniform(*WAIT_S))
                return status
        self._figures.answers["no answer"] += 1
        await asyncio.sleep(self._rng.uniform(*WAIT_S))
        return 0

    def _release(self, number: int) -> dict[str, Any]:
        start = rfc3339_whole(BEGIN + timedelta(seconds=self._window_s * (number - 1)))
        return release(number, start, self._window_s, value_of(self.number, number))


def value_of(device: int, release: int) -> int:
    """A value that no other release of the run has."""
    return device * 100_000 + release


def release(number: int, start: str, window_s: int, value: int) -> dict[str, Any]:
    """A release of one zone whose occupancy tells which one it is."""
    zone = {
        "kind": "zone", "camera": "lobby", "zone": "floor", "window_start": start,
        "window_s": window_s, "status": "published", "reason": "none", "occupancy": value,
        "occupancy_low": value, "occupancy_high": value, "flow": [value, 0, 0, 0, 0],
        "confidence": 0.9, "coverage": 1, "epsilon": 0.5, "delta": 0, "unit": "visit",
        "mechanism": "laplace",
    }  # fmt: skip
    return {"sequence": number, "zones": [zone], "dwell": []}
