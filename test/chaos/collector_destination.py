# SPDX-License-Identifier: Apache-2.0
"""A collector that is killed, filled, renewed and set back, behind a proxy for each device."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from certificates import LiveCertificate
from databases import PooledDatabase, SqliteDatabase
from destination import Destination, Route
from processes import FORK, run_collector, set_disk_full, write_secret
from proxy import Proxy
from schedule import Event, Schedule
from sqlalchemy import text

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.storage.database import open_database


class _ProxyRoute(Route):
    """Through a proxy of its own, which does what its schedule says."""

    def __init__(self, settings: dict[str, Any], proxy: Proxy) -> None:
        super().__init__(settings, proxy.faults)
        self._proxy = proxy

    def storm(self, schedule: Schedule) -> None:
        self._proxy.share = schedule.fault_share
        self._proxy.limit_bytes = schedule.limit_bytes

    def calm(self) -> None:
        self._proxy.share, self._proxy.limit_bytes = 0.0, None

    async def close(self) -> None:
        await self._proxy.stop()


class CollectorDestination(Destination):
    """One collector process, started again whenever it ends."""

    def __init__(self, folder: Path, seed: int, database: SqliteDatabase | PooledDatabase) -> None:
        folder.mkdir()
        self._database = database
        self._seed = seed
        self._rng = random.Random(f"{seed}:destination")
        self._tls = LiveCertificate(folder / "tls")
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_tls.load_cert_chain(self._tls.certificate, self._tls.key)
        self._client_tls = ssl.create_default_context(cafile=self._tls.ca_file)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._port: int = free.getsockname()[1]
        self._clock_offset_s = FORK.Value("d", 0.0)
        self._collector: Any = None
        self._ending = False
        self._failing = asyncio.Lock()

    async def __aenter__(self) -> "CollectorDestination":
        await asyncio.to_thread(self._database.start)
        self._keeper = asyncio.create_task(self._keep_collector())
        await self._collector_answers()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending = True
        if self._collector is not None:
            self._collector.kill()
        await self._keeper
        await asyncio.to_thread(self._database.stop)

    async def route(self, schedule: Schedule, token_file: Path) -> Route:
        write_secret(token_file, await self._token())
        rng = random.Random(f"{self._seed}:{schedule.number}:proxy")
        proxy = Proxy(rng, self._server_tls, self._client_tls, 0.0)
        await proxy.start(self._port)
        settings = {
            "url": f"https://localhost:{proxy.port}",
            "pins": self._tls.pins,
            "ca_file": str(self._tls.ca_file),
            "enrolment_token_file": str(token_file),
        }
        return _ProxyRoute(settings, proxy)

    async def happen(self, event: Event) -> None:
        if event.kind == "kill collector":
            if self._collector is not None:
                self._collector.kill()
        elif event.kind == "collector disk full":
            pid = self._collector.pid
            set_disk_full(pid, True)
            await asyncio.sleep(event.value)
            set_disk_full(pid, False)
        elif event.kind == "renew certificate":
            self._renew()
        elif event.kind == "collector clock step":
            self._clock_offset_s.value = event.value
            await asyncio.sleep(0.3)
            self._clock_offset_s.value = 0.0
        elif event.kind in ("kill pooler", "crash database"):
            async with self._failing:
                await asyncio.to_thread(self._database.fail, event.kind)

    async def values(self, device: str) -> Iterable[tuple[int, int]]:
        async with self._failing:  # else it may be down
            return await asyncio.to_thread(self._read, device)

    def _read(self, device: str) -> list[tuple[int, int]]:
        engine = open_database(self._database.direct_url)
        with engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT z.release, z.occupancy FROM zone_reports AS z JOIN series AS s"
                    " ON s.pk = z.series_pk JOIN devices AS d ON d.pk = s.device_pk"
                    " WHERE d.device = :device"
                ),
                {"device": device},
            )
            rows = [(row[0], row[1]) for row in found]
        engine.dispose()
        return rows

    def _renew(self) -> None:
        """Both that end TLS have it from now on: the proxies at once, the collector at SIGHUP."""
        self._tls.renew(self._rng)
        self._server_tls.load_cert_chain(self._tls.certificate, self._tls.key)
        with contextlib.suppress(ProcessLookupError, AttributeError):
            os.kill(self._collector.pid, signal.SIGHUP)

    async def _token(self) -> str:
        for _ in range(600):
            with contextlib.suppress(Exception):
                return await asyncio.to_thread(
                    issue_enrolment_token, self._database.direct_url, "chaos"
                )
            await asyncio.sleep(0.05)
        raise RuntimeError("the collector's database cannot be written")

    async def _keep_collector(self) -> None:
        while not self._ending:
            self._collector = FORK.Process(
                target=run_collector,
                args=(
                    self._database.url, self._port, self._tls.certificate, self._tls.key,
                    self._clock_offset_s,
                ),
            )  # fmt: skip
            self._collector.start()
            await asyncio.to_thread(self._collector.join)
            await asyncio.sleep(0.05)  # it ends at once where its database is down

    async def _collector_answers(self) -> None:
        for _ in range(1200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise RuntimeError("the collector does not start")
