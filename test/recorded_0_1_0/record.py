# SPDX-License-Identifier: Apache-2.0
"""Record small files of a device with the version of privcv that runs this: ``record.py FOLDER``.

Written for 0.1.0 and kept working for later versions, whose modules have other names.
"""

import gzip
import hashlib
import importlib
import json
import shutil
import sqlite3
import sys
import urllib.request
from contextlib import closing
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

START_TICK = 353_980_800  # 2026-02-01T00:00:00Z
WINDOWS = 4
DEVICE = "0123456789abcdef" * 2


def module(*names: str) -> Any:
    """The first of ``names`` that this version has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"this version has none of {names}")


def record_ledger(path: Path) -> list[bytes]:
    """Releases of a lobby: published, suppressed, dwell; the last ones not accepted."""
    aggregation = module("privcv_privacy.aggregation.aggregator", "privcv_privacy.aggregation")
    zones = module("privcv_privacy.aggregation.zones", "privcv_privacy.zones")
    settings = module("privcv_privacy.settings")
    ticks = module("privcv_privacy.anonymous_tick", "privcv_privacy.anonymization.anonymizer",
                   "privcv_privacy.anonymization")  # fmt: skip
    zone = module("privcv_privacy.aggregation.zone_settings", "privcv_privacy.settings")
    square = zone.ZoneSettings(polygon_m=[0, 0, 4, 0, 4, 4, 0, 4])
    privacy = settings.PrivacySettings(window_s=60, dwell_period_s=120, epsilon=8, k=5)
    payloads = []
    ledgers = module("privcv_privacy.budget.ledger", "privcv_privacy.ledger")
    with ledgers.Ledger(path) as ledger:
        maps = {"lobby": zones.zone_map("lobby", {"hall": square})}
        device = aggregation.Aggregator(privacy, maps, ledger)
        for number in range(12 * WINDOWS + 1):
            people = 40 if number < 24 else 0
            values = {
                "camera": "lobby", "tick": START_TICK + number, "tick_s": 5,
                "observed_percent": 100, "ids": np.arange(people, dtype=np.uint64),
                "cell_xy": np.full((people, 2), 3, dtype=np.int16),
                "size": np.ones(people, dtype=np.uint8),
                "direction": np.ones(people, dtype=np.uint8),
            }  # fmt: skip
            known = {field.name for field in fields(ticks.AnonymousTick)}
            tick = ticks.AnonymousTick(**{k: v for k, v in values.items() if k in known})
            payloads += [release.payload for release in device.on_tick(tick)]
        ledger.acknowledge(len(payloads) - 2)
    return payloads


def record_outbox(path: Path, payloads: list[bytes]) -> list[bytes]:
    """What the uplink made of them: one delivered, one on its way, the others waiting."""
    outboxes = module("privcv_uplink.outbox.outbox", "privcv_uplink.outbox")
    messages = module("privcv_core.protocol.release_message", "privcv_node.release_json")
    outbox = outboxes.Outbox(path)
    canonical = module("privcv_core.protocol.canonical_json", "privcv_uplink.envelope").canonical
    sent = []
    for number, payload in enumerate(payloads, 1):
        if hasattr(messages, "from_message"):
            schema = module("privcv_core.protocol.release")
            sent.append(schema.read_release(payload).canonical())
            assert outbox.accept(number, sent[-1])
        else:
            content = messages.to_json(messages.to_message(json.loads(payload)))
            sent.append(canonical(content))
            assert outbox.accept(number, content)
    now = datetime(2026, 1, 31, 9, tzinfo=timezone.utc)
    first, *_ = outbox.hand_out(now, 1, 10**6)
    outbox.confirm(first)
    outbox.close()
    return sent


def record_audit(folder: Path, payloads: list[bytes]) -> None:
    """A chain of the aggregation: a full file and one that grows."""
    audit = module("privcv_core.audit.log", "privcv_node.audit_log")
    settings = module(
        "privcv_core.audit.settings", "privcv_core.audit.log", "privcv_node.audit_log"
    )
    chosen = settings.AuditSettings(folder=folder, file_bytes=4096)
    with audit.AuditLog(chosen, "aggregation") as log:
        for number in range(15):
            payload = payloads[number % len(payloads)]
            digest = hashlib.sha256(payload).hexdigest()
            log.append("budget.spent", camera="lobby", sequence=number + 1, epsilon=0.5, delta=0.0,
                       digest=digest)  # fmt: skip


def record_collector(folder: Path, releases: list[bytes]) -> None:
    """What a device sends from its enrolment on, and the database of the collector that took it."""
    envelopes = module("privcv_core.protocol.envelope", "privcv_uplink.envelope")
    json_form = module("privcv_core.protocol.canonical_json", "privcv_uplink.envelope")
    signing = module("privcv_core.protocol.signing", "privcv_uplink.signing")
    running = module("privcv_collector.testing", "privcv_uplink.collector.process")
    administration = module(
        "privcv_collector.devices.administration", "privcv_uplink.collector.administration"
    )
    now = datetime.now(timezone.utc).replace(microsecond=0)
    database = f"sqlite:///{folder / 'collector.db'}"
    key, newer = (signing.SigningKey("Ed25519", bytes([n]) * 32) for n in (1, 2))  # of tests only

    def sealed(by: Any, sequence: int, body: bytes) -> bytes:
        return bytes(envelopes.seal(by, DEVICE, sequence, now, body))

    def batch(*held: bytes) -> bytes:
        return b'{"dropped":0,"releases":[' + b",".join(held) + b"]}"

    def named(one: Any) -> dict[str, str]:
        return {"alg": one.alg, "key": one.public, "key_id": one.key_id}

    with running.running_collector(database) as collector:
        token = administration.issue_enrolment_token(database, "office")
        rotation = json_form.canonical({"rotate": named(newer)})
        heads = {"aggregation": {"hash": "ab" * 32, "sequence": 15}}
        checkpoint = {"checkpoint": {"heads": heads, "time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}}
        enrolment = {"device": DEVICE, "token": token, **named(key)}
        requests = [
            ("/v1/devices", json_form.canonical(enrolment)),
            ("/v1/batches", sealed(key, 1, batch(*releases[:2]))),
            ("/v1/keys", sealed(key, 0, rotation)),
            ("/v1/batches", sealed(newer, 2, batch(*releases[2:]))),
            ("/v1/checkpoints", sealed(newer, 0, json_form.canonical(checkpoint))),
        ]
        lines = []
        for path, body in requests:
            request = urllib.request.Request(collector.url + path, body)
            request.add_header("Content-Type", "application/json")
            with urllib.request.urlopen(request, timeout=10) as answer:
                lines.append([path, body.decode(), answer.status, json.load(answer)])
    (folder / "traffic.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    payloads = record_ledger(folder / "ledger.db")
    sent = record_outbox(folder / "outbox.db", payloads)
    record_audit(folder / "audit", payloads)
    record_collector(folder, sent)
    for name in ("ledger.db", "outbox.db", "collector.db"):  # one small file each
        with closing(sqlite3.connect(folder / name)) as database:
            database.execute("VACUUM INTO ?", (str(folder / "whole"),))
        content = gzip.compress((folder / "whole").read_bytes(), mtime=0)
        for path in [*folder.glob(f"{name}"), *folder.glob(f"{name}-*"), folder / "whole"]:
            path.unlink()
        (folder / f"{name}.gz").write_bytes(content)
    for path in folder.rglob("*.lock"):
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
