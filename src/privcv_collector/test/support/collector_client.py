# SPDX-License-Identifier: Apache-2.0
"""A collector in a thread of the test's process, and a device that talks to it over HTTP."""

import http.client
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from sqlalchemy import text
from waiting import wait_until

from privcv_collector.api.app import create_app
from privcv_collector.collector import Collector
from privcv_collector.devices.administration import issue_access_token, issue_enrolment_token
from privcv_collector.limits.connections import bounded
from privcv_collector.settings import CollectorSettings
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.enrolment import device_id, seal_enrolment
from privcv_core.protocol.envelope import seal
from privcv_core.protocol.signing import SigningKey


@contextmanager
def running_in_thread(
    url: str, connections: dict[str, float] | None = None, **settings: Any
) -> Iterator["Server"]:
    """Serve a collector on a free port while a ``with`` block runs."""
    collector = Collector(CollectorSettings(db=url, **settings))
    app = create_app(collector)
    http = bounded(**(connections or {}))
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", ws="none", http=http)
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        wait_until(lambda: runner.started, 30.0)
        port = runner.servers[0].sockets[0].getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", collector, app)
    finally:
        runner.should_exit = True
        thread.join(20)


class Server:
    """A collector to send requests to."""

    def __init__(self, url: str, collector: Collector, app: Any = None) -> None:
        self.url = url
        self.collector = collector
        self.app = app

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> SimpleNamespace:
        return call(self.url, method, path, body, **headers)

    def token(self, role: str, *sites: str) -> str:
        name = "t" + secrets.token_hex(8)
        return issue_access_token(self.collector.engine, name, role, sites)  # type: ignore[arg-type]

    def read(self, path: str, role: str = "auditor", *sites: str) -> Any:
        answer = self.call("GET", path, Authorization=f"Bearer {self.token(role, *sites)}")
        assert answer.status == 200, answer.content
        return answer.content

    def rows(self, query: str) -> list[Any]:
        with self.collector.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def enrolled(self, site: str = "office", alg: str = "Ed25519") -> "Device":
        device = Device(self.url, alg)
        answer = device.enrol(issue_enrolment_token(self.collector.engine, site))
        assert answer.status == 201, answer.content
        return device


class Device:
    """A device: a key and the number of its next batch."""

    def __init__(self, url: str, alg: Any = "Ed25519") -> None:
        self.url = url
        self.key = SigningKey.generate(alg)
        self.name = device_id(self.key.alg, self.key.public)
        self.sequence = 1

    def enrol(self, token: str) -> SimpleNamespace:
        raw = seal_enrolment(self.key, self.name, token, datetime.now(timezone.utc))
        return self.post(raw, "/v1/devices")

    def enrol_unsigned(self, token: str, **other: str) -> SimpleNamespace:
        """Enrol as version 0.1.0 did; ``other`` replaces members."""
        key = {"alg": self.key.alg, "key": self.key.public, "key_id": self.key.key_id}
        body = {"device": self.name, "token": token, **key, **other}
        return call(self.url, "POST", "/v1/devices", body)

    def sealed(
        self, body: Any, sequence: int, sent_at: datetime | None = None, **other: Any
    ) -> bytes:
        return seal(
            other.get("key", self.key),
            other.get("device", self.name),
            sequence,
            sent_at or datetime.now(timezone.utc),
            canonical(body),
        )

    def batch(self, *releases: Any, dropped: int = 0, **other: Any) -> bytes:
        body = {"dropped": dropped, "releases": list(releases)}
        return self.sealed(body, other.pop("sequence", self.sequence), **other)

    def post(self, raw: bytes, path: str = "/v1/batches", **headers: str) -> SimpleNamespace:
        return call(self.url, "POST", path, raw, **headers)

    def send(self, *releases: Any, **other: Any) -> SimpleNamespace:
        answer = self.post(self.batch(*releases, **other))
        if answer.status == 200:
            self.sequence = answer.content["next_sequence"]
        return answer


def call(url: str, method: str, path: str, body: Any = None, **headers: str) -> SimpleNamespace:
    """One request; ``content`` is JSON where the answer is, else text."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, raw, {"Content-Type": "application/json", **sent})
        answer = connection.getresponse()
        content: Any = answer.read().decode()
        if content and answer.headers.get_content_type() == "application/json":
            content = json.loads(content)
        return SimpleNamespace(status=answer.status, content=content, headers=answer.headers)
    finally:
        connection.close()
