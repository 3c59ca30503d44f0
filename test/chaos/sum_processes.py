# SPDX-License-Identifier: Apache-2.0
"""Uplink, leader and helper of a sum as processes that die of SIGKILL at a drawn SQL statement.

Each is forked and runs the code of the product on SQLite files: outboxes, the collector's writer,
verification and closing. Between them is a network that loses, doubles and reorders.
"""

import contextlib
import ctypes
import os
import random
import signal
import socket
import sqlite3
import threading
import time
import unittest.mock
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sum_sites import TwoCollectors

from privcv_across.messages.closing import CloseReq
from privcv_across.totals.collector_noise import CollectorNoise
from privcv_collector.devices.key_cache import KeyCache
from privcv_collector.errors import CollectorError
from privcv_collector.ingest.batch import read_batch
from privcv_collector.ingest.store import Store
from privcv_collector.refused import Refused
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage import database
from privcv_collector.storage.database import writing
from privcv_collector.sums.closing import answer_close
from privcv_collector.sums.leading import lead
from privcv_collector.sums.part import Part
from privcv_collector.sums.tasks import RunningTask
from privcv_collector.sums.verifying import answer_job
from privcv_core.protocol.envelope import frame, seal
from privcv_core.protocol.signing import SigningKey
from privcv_uplink.outbox.outbox import Outbox

WAITS_S = 0.02


def die_at(statement: int) -> None:
    """End this process by SIGKILL as it begins its ``statement``-th one from now; 0: never."""
    left, connect = [statement], sqlite3.connect

    def begin(_sql: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_trace_callback(begin)
        return connection

    if statement:
        sqlite3.connect = sqlite3.dbapi2.connect = connected  # type: ignore[assignment]


def die_with_the_judge() -> None:
    """End this process when its parent ends, however that does (prctl, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def note(path: Path, *fields: Any) -> None:
    """Append a line, in one write; what a process that is killed noted stays."""
    with path.open("ab", buffering=0) as file:
        file.write((" ".join(str(field) for field in fields) + "\n").encode())


def record_noise(path: Path) -> None:
    """Let what is drawn here be known to the judge."""
    drawn = CollectorNoise.draw

    def draw(self: CollectorNoise, length: int) -> list[int]:
        found = drawn(self, length)
        note(path, *found)
        return found

    CollectorNoise.draw = draw  # type: ignore[assignment,method-assign]


class Network:
    """A client that loses a request or its answer, sends it twice, or an older one before it."""

    def __init__(self, rng: random.Random, loss: float) -> None:
        self._rng, self._loss = rng, loss
        self._older: list[tuple[Path, bytes]] = []

    def __call__(self, path: Path, request: bytes) -> bytes:
        """The answer; raises ``OSError`` where there is none."""
        rng = self._rng
        if rng.random() < self._loss / 2:
            raise OSError("lost on the way there")
        if self._older and rng.random() < 0.2:
            with contextlib.suppress(OSError):
                asked(*rng.choice(self._older))
        answer = asked(path, request)
        if rng.random() < 0.2:
            with contextlib.suppress(OSError):
                answer = asked(path, request)
        self._older = [*self._older[-20:], (path, request)]
        if rng.random() < self._loss / 2:
            raise OSError("lost on the way back")
        return answer


def asked(path: Path, request: bytes) -> bytes:
    """One request over a socket of this machine."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20.0)
        connection.connect(str(path))
        connection.sendall(len(request).to_bytes(4, "big") + request)
        answer = _received(connection)
    if not answer:
        raise OSError("it died")
    return answer


def serve(path: Path, answer: Callable[[bytes], bytes]) -> None:
    """Answer requests one after the other, until killed."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                content = answer(_received(connection))
                connection.sendall(len(content).to_bytes(4, "big") + content)


def _received(connection: socket.socket) -> bytes:
    def exactly(size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = connection.recv(size - len(found))
            if not part:
                raise OSError("ended in the middle")
            found += part
        return found

    return exactly(int.from_bytes(exactly(4), "big"))


def uplink(
    folder: Path,
    devices: list[tuple[str, SigningKey, list[bytes]]],
    rng: random.Random,
    network: Network,
) -> None:
    """Take releases into outboxes, and deliver until all is confirmed."""
    boxes = [Outbox(folder / f"outbox{number}.db") for number in range(len(devices))]
    for box, (_, _, payloads) in zip(boxes, devices, strict=True):
        for sequence, payload in enumerate(payloads, 1):
            while not box.accept(sequence, payload):
                time.sleep(WAITS_S)
    left = set(range(len(devices)))
    while left:
        for number in sorted(left):
            name, key, payloads = devices[number]
            box = boxes[number]
            time.sleep(rng.uniform(0.0, 0.15))
            for batch in box.hand_out(datetime.now(timezone.utc), 1, 1_000_000):
                _deliver(folder, name, key, batch, network)
                box.confirm(batch)
            if box.contents().delivered == len(payloads):
                left.discard(number)
                note(folder / "delivered", number)


def _deliver(folder: Path, name: str, key: SigningKey, batch: Any, network: Network) -> None:
    raw = seal(key, name, batch.sequence, batch.sent_at, batch.body_bytes)
    while True:
        try:
            status = network(folder / "leader", raw)
        except OSError:
            time.sleep(WAITS_S)
            continue
        if status == b"200":
            return
        note(folder / "wrong", f"batch {batch.sequence} of {name} was answered", status.decode())


def opened(url: str) -> Engine:
    """A database whose schema is known to be the newest: to look for it takes longest of all."""
    with unittest.mock.patch.object(database, "migrate"):
        return database.open_database(url)


def leader(folder: Path, two: TwoCollectors, network: Network) -> None:
    """Take batches, and verify and close meanwhile."""
    record_noise(folder / "leader.noise")
    url = f"sqlite:///{folder}/leader.db"
    engine, sums = opened(url), two.parts[0]
    keys = KeyCache(engine)
    store = Store(opened(url), CollectorSettings(db=url), keys, Part(sums))

    def take(raw: bytes) -> bytes:
        envelope = frame(raw)
        found = keys.find(envelope, datetime.now(timezone.utc))
        batch = read_batch(envelope, found, two.now, None)
        (answer,) = store([batch])
        return str(answer.status).encode()

    def ask(task: RunningTask, path: str, body: bytes) -> bytes:
        try:
            answer = network(folder / "helper", path.encode() + b"\0" + body)
        except OSError as error:
            raise CollectorError("no answer") from error
        if answer.startswith(b"refused"):
            raise CollectorError(answer.decode())
        if path.startswith("closes/"):
            note(folder / "told", path, answer.hex())
        return answer

    threading.Thread(target=serve, args=(folder / "leader", take), daemon=True).start()
    while True:
        now = two.now if (folder / "due").exists() else datetime.fromtimestamp(0, timezone.utc)
        for fault in lead(engine, sums, ask, now):
            if "no answer" not in fault:
                note(folder / "wrong", fault)
        time.sleep(WAITS_S)


def helper(folder: Path, two: TwoCollectors, fault: str) -> None:
    """Answer the leader. ``fault`` is one that is planted, to see that it is found."""
    record_noise(folder / "helper.noise")
    engine, sums = opened(f"sqlite:///{folder}/helper.db"), two.parts[1]
    (task,) = sums.tasks.values()

    def answer(request: bytes) -> bytes:
        path, _, body = request.partition(b"\0")
        try:
            with contextlib.ExitStack() as stack:
                connection = stack.enter_context(writing(engine).begin())
                if path.startswith(b"aggregation_jobs/"):
                    return answer_job(connection, task, body, two.now)
                found = answer_close(connection, task, CloseReq.decode(body), two.now).encode()
                if fault == "redraw":  # told before it is committed
                    connection.rollback()
                return found
        except Refused as refused:
            return f"refused {refused.status} {refused.message}".encode()

    serve(folder / "helper", answer)
