# SPDX-License-Identifier: Apache-2.0
"""Two collectors of a task, and the sites of its roster, in the test's process."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from privcv_across.errors import RefusedReport
from privcv_across.messages.closing import CloseReq
from privcv_across.messages.report import Report
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sealed_report import seal_report
from privcv_across.sealing.shared_key import shared_verify_key
from privcv_across.task.document import Task
from privcv_across.task.signed_task import SignedTask, sign_task
from privcv_across.totals.collector_noise import CollectorNoise
from privcv_collector.storage.database import open_database, writing
from privcv_collector.sums.closing import answer_close
from privcv_collector.sums.reception import keep_report, read_report
from privcv_collector.sums.settings import SumSettings
from privcv_collector.sums.tasks import RunningTask, Sums, open_sums
from privcv_collector.sums.verifying import answer_job
from privcv_core.protocol import base64url
from privcv_core.protocol.person_keys import create_key
from privcv_core.protocol.signing import SigningKey

WINDOW_S = 300
BEGIN = datetime(2026, 12, 1, tzinfo=timezone.utc)
FIRST = int(BEGIN.timestamp()) // WINDOW_S
CELLS = ["door/in", "door/out", "hall"]


def site_key(number: int) -> SigningKey:
    """The key of the site ``number``."""
    return SigningKey("Ed25519", (1000 + number).to_bytes(32, "big"))


def closing_time(window: int, close_after_s: int = 60) -> datetime:
    """When the window is due."""
    return BEGIN + timedelta(seconds=(window - FIRST + 1) * WINDOW_S + close_after_s)


@dataclass
class Keys:
    """Of one collector and its operator; the files that its settings name."""

    operator: SigningKey
    signing: SigningKey
    sealing: HpkeKey
    folder: Path


def make_keys(folder: Path, config_id: int) -> Keys:
    """New keys, in files."""
    folder.mkdir(parents=True)
    sealing = HpkeKey.generate(config_id)
    content = {
        "config_id": config_id, "secret": base64url.encode(sealing.secret), "suite": sealing.suite,
    }  # fmt: skip
    (folder / "sealing.json").write_text(json.dumps(content))
    (folder / "sealing.json").chmod(0o600)
    return Keys(SigningKey.generate(), create_key(folder / "sign.pem"), sealing, folder)


def make_task(
    leader: Keys,
    helper: Keys,
    sites: int,
    urls: tuple[str, str] = ("https://leader.example/", "https://helper.example/"),
    **changes: Any,
) -> SignedTask:
    """A task of ``sites`` sites, signed by both operators."""

    def collector(role: str, keys: Keys, url: str) -> dict[str, Any]:
        return {
            "url": url, "operator": {"name": f"Operator {role}", "key": keys.operator.public},
            "hpke": base64url.encode(keys.sealing.config.encode()), "sign": keys.signing.public,
        }  # fmt: skip

    cells = changes.pop("cells", CELLS)
    content = {
        "v": 1, "kind": "counts",
        "leader": collector("one", leader, urls[0]), "helper": collector("two", helper, urls[1]),
        "window_s": WINDOW_S, "cells": cells,
        "vdaf": {"id": 7, "version": 18, "parameters": {
            "length": len(cells), "max_value": 60, "chunk_length": changes.pop("chunk", 5)}},
        "method": {"sealing": leader.sealing.suite, "sum": "two_collectors", "version": 1},
        "verification": hashlib.sha256(
            shared_verify_key(leader.sealing, helper.sealing.config.public_key)
        ).hexdigest(),
        "roster": sorted(site_key(number).public for number in range(sites)),
        "min_sites": 3, "close_after_s": 60,
        "noise": {"mechanism": "discrete_laplace", "by": "each collector", "votes": 3,
                  "epsilon": 1.0},
        "floor_epsilon": 8.0, "begins": "2026-12-01T00:00:00Z", "expires": "2027-12-01T00:00:00Z",
        **changes,
    }  # fmt: skip
    task = Task.model_validate(content)
    signed = SignedTask(task, sign_task(task, leader.operator), sign_task(task, helper.operator))
    (leader.folder / "task.json").write_bytes(signed.encode())
    (helper.folder / "task.json").write_bytes(signed.encode())
    return signed


def settings_of(keys: Keys, role: str, **more: Any) -> SumSettings:
    """The settings of the collector with these keys."""
    return SumSettings(
        role=role, sealing_key=keys.folder / "sealing.json", signing_key=keys.folder / "sign.pem",
        tasks=[keys.folder / "task.json"], **more,
    )  # fmt: skip


class TwoCollectors:
    """A leader and a helper with a database each, without a network between them."""

    def __init__(self, urls: tuple[str, str], folder: Path, sites: int = 5, **changes: Any) -> None:
        keys = make_keys(folder / "leader", 1), make_keys(folder / "helper", 2)
        self.signed = make_task(*keys, sites, **changes)
        self.engines = tuple(open_database(url) for url in urls)
        self.parts = tuple(
            self._open(engine, settings_of(one, role))
            for engine, one, role in zip(self.engines, keys, ("leader", "helper"), strict=True)
        )
        self.now = closing_time(FIRST)
        self.down = False

    @staticmethod
    def _open(engine: Engine, settings: SumSettings) -> Sums:
        found = open_sums(engine, settings, BEGIN)
        assert found is not None
        return found

    def task(self, role: int = 0) -> RunningTask:
        """As the leader (0) or the helper (1) has it."""
        return self.parts[role].tasks[self.signed.task.task_id.hex()]

    def report(self, site: int, window: int, counts: list[int]) -> Report:
        """A sealed report, raised by the task's floor and without noise of its own."""
        task = self.signed.task
        raised = [count + task.floor.offset for count in counts]
        return seal_report(task.sum_task(), site_key(site), window, raised)

    def receive(self, report: Report, now: datetime | None = None) -> bool:
        """What the leader does with it as it comes."""
        received = read_report(self.parts[0], self.task().id, report.encode())
        with writing(self.engines[0]).begin() as connection:
            try:
                return keep_report(connection, received, now or self.now)
            except RefusedReport as error:  # the transaction of its batch goes on
                refused = error
        raise refused

    def ask(self, task: RunningTask, path: str, body: bytes) -> bytes:
        """The helper's answer, as its routes give it."""
        assert task.id == self.task(1).id
        with writing(self.engines[1]).begin() as connection:
            if path.startswith("aggregation_jobs/"):
                return answer_job(connection, self.task(1), body, self.now)
            request = CloseReq.decode(body)
            return answer_close(connection, self.task(1), request, self.now).encode()


def without_noise(collectors: TwoCollectors) -> None:
    """Let totals be exact, so that a test can compare them."""

    class NoNoise(CollectorNoise):
        def __init__(self) -> None:
            pass

        def draw(self, length: int) -> list[int]:
            return [0] * length

        def half_width(self, *_: object) -> int:
            return 0

    collectors.parts = tuple(
        dataclasses.replace(
            part,
            tasks={
                name: dataclasses.replace(task, noise=NoNoise())
                for name, task in part.tasks.items()
            },
        )
        for part in collectors.parts
    )
