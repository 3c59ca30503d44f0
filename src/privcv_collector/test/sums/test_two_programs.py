# SPDX-License-Identifier: Apache-2.0
"""A leader and a helper that talk over TLS, devices that send batches, a witness, a reader."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from collector_client import Device, Server, running_in_thread
from sqlalchemy import select
from sum_sites import make_keys, make_task, settings_of, site_key
from waiting import wait_until

from privcv_across.sealing.sealed_report import seal_report
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_file import verify_log
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.merkle_tree import check_inclusion, leaf_hash
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import COSIGNATURE_KEY, LOG_KEY, NoteKey
from privcv_across.transparency.witness import Witness
from privcv_across.transparency.witness_http import make_server
from privcv_collector.storage.sum_tables import sum_totals
from privcv_collector.sums.settings import LogSettings
from privcv_collector.testing import running_collector
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.person_keys import create_key
from privcv_core.protocol.secure_release import SecureRelease
from privcv_core.protocol.signing import SigningKey

SITES = 4


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start_of_hour(hours_ago: int) -> datetime:
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    return now - timedelta(hours=hours_ago)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """All of it. Windows are some hours old, so that they are due as soon as they are there."""
    folder = tmp_path_factory.mktemp("sums")
    tls = demo_certificates(folder / "tls")
    keys = make_keys(folder / "leader", 1), make_keys(folder / "helper", 2)
    port = free_port()
    begins = start_of_hour(5)
    signed = make_task(
        *keys, SITES, ("https://localhost/", f"https://localhost:{port}/"), close_after_s=0,
        begins=begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
        expires=(begins + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip
    limits = folder / "helper.yaml"
    limits.write_text(
        yaml.safe_dump({"sums": settings_of(keys[1], "helper").model_dump(mode="json")})
    )
    log_key = create_key(folder / "log.pem")
    watch = SigningKey.generate()
    log = NoteKey.of("log.example", LOG_KEY, log_key)
    policy = folder / "policy.txt"
    witness_key = NoteKey.of("w.example", COSIGNATURE_KEY, watch).encode()
    policy.write_text(f"log {log.encode()}\nwitness w {witness_key}\nquorum w\n")
    (folder / "witness").mkdir()
    witness = make_server(
        Witness("w.example", watch, {"log.example": log}, folder / "witness"), "127.0.0.1", 0
    )
    threading.Thread(target=witness.serve_forever, daemon=True).start()
    settings = settings_of(
        keys[0], "leader", other_ca=tls.ca_file,
        log=LogSettings(
            folder=folder / "log", origin="log.example", key=folder / "log.pem", policy=policy,
            witnesses=[f"http://127.0.0.1:{witness.server_address[1]}/add-checkpoint"],
            checkpoint_every_s=1,
        ),
    )  # fmt: skip
    with (
        running_collector(
            f"sqlite:///{folder}/helper.db", "--limits", str(limits), port=port,
            tls=(tls.certificate, tls.key),
        ),
        running_in_thread(f"sqlite:///{folder}/leader.db", sums=settings) as leader,
    ):  # fmt: skip
        yield SimpleNamespace(
            leader=leader, task=signed, begins=begins, policy=policy, folder=folder, port=port
        )
    witness.shutdown()
    witness.server_close()


def window(world: SimpleNamespace, number: int) -> int:
    return int(world.begins.timestamp()) // 300 + number


def sealed(world: SimpleNamespace, sequence: int, site: int, time: int, counts: list[int]) -> Any:
    task = world.task.task
    raised = [count + task.floor.offset for count in counts]
    report = seal_report(task.sum_task(), site_key(site), time, raised)
    release = SecureRelease.of(sequence, task.task_id, report.encode())
    return json.loads(release.canonical()), report.metadata.report_id


def totals(leader: Server, time: int) -> list[Any]:
    with leader.collector.engine.connect() as connection:
        return list(connection.execute(select(sum_totals).where(sum_totals.c.time == time)))


def test_a_total_of_four_sites_is_made_proved_and_shown(
    world: SimpleNamespace, release: Any
) -> None:
    time, leader = window(world, 0), world.leader
    devices = [leader.enrolled(f"site{site}") for site in range(SITES)]
    ids = []
    for site, device in enumerate(devices):
        shares, report_id = sealed(world, 2, site, time, [site, 10, 0])
        ids.append(report_id)
        answer = device.send(release(1), shares)  # beside a report of its own
        assert (answer.status, answer.content["accepted"]) == (200, 2), answer.content
    wait_until(lambda: totals(leader, time), 60.0)
    (row,) = totals(leader, time)
    assert row.sites == SITES
    # Noise of two, scale 3: beyond 100 once in e**30 runs.
    assert all(abs(a - b) < 100 for a, b in zip(row.counts, [6, 40, 0], strict=True))

    task_id = world.task.task.task_id.hex()
    (shown,) = leader.read(f"/v1/across/totals?task={task_id}")["totals"]
    assert shown["counts"] == row.counts
    assert (shown["sites"], shown["state"], shown["late"]) == (SITES, "closed", 0)
    (task,) = leader.read("/v1/across/tasks")["tasks"]
    assert (task["leader"], task["helper"], task["sites"]) == ("Operator one", "Operator two", 4)
    some = f"Bearer {leader.token('viewer', 'site0')}"
    assert leader.call("GET", "/v1/across/tasks", Authorization=some).status == 403

    wait_until(lambda: asked(world, devices[0], time, ids[0]).content["log_proof"], 100.0)
    for device, report_id in zip(devices, ids, strict=True):
        answer = asked(world, device, time, report_id).content
        root = bytes.fromhex(answer["close"]["root"])
        hashes = [bytes.fromhex(one) for one in answer["hashes"]]
        check_inclusion(leaf_hash(report_id), answer["index"], SITES, root, hashes)
        digest = hashlib.sha256(canonical(answer["close"])).hexdigest()
        proof = LogProof.decode(answer["log_proof"].encode())
        policy = Policy.parse(world.policy.read_text())
        proof.check(LogEntry("close", f"{task_id}/{time}", digest), policy)
    assert asked(world, devices[0], time, bytes(16)).content["index"] is None
    assert asked(world, devices[0], time + 1, ids[0]).status == 404

    head, entries = verify_log(world.folder / "log", Policy.parse(world.policy.read_text()))
    assert sorted(entry.kind for entry in entries[: head.size]) == sorted(
        ["task", "roster", "close", *["release"] * (2 * SITES)]
    )
    copied = leader.read("/v1/across/log/entries")["entries"]
    assert [one.encode() for one in copied[: head.size]] == [one.encode() for one in entries]
    stated = leader.read("/v1/across/log/checkpoint")["checkpoint"]
    assert stated.startswith("log.example\n")


def asked(world: SimpleNamespace, device: Device, time: int, report_id: bytes) -> Any:
    question = {
        "task": world.task.task.task_id.hex(), "time": time, "report_id": report_id.hex(),
    }  # fmt: skip
    return device.post(device.sealed({"proof": question}, 0), "/v1/across/proofs")


def test_a_report_that_is_not_counted_costs_no_batch(world: SimpleNamespace) -> None:
    time, leader = window(world, 2), world.leader
    device = leader.enrolled("twice")
    first, _ = sealed(world, 1, 0, time, [1, 2, 3])
    second, _ = sealed(world, 2, 0, time, [1, 2, 3])
    answer = device.send(first, second)
    assert (answer.status, answer.content["accepted"]) == (200, 2)
    (words,) = leader.rows("SELECT message FROM refusals WHERE error = 'sealed_report'")
    assert "report_replayed: release 2" in words[0]


def test_shares_of_a_task_that_is_not_led_here_are_refused(world: SimpleNamespace) -> None:
    device = world.leader.enrolled("other")
    release, _ = sealed(world, 1, 0, window(world, 3), [1, 2, 3])
    release["secure"]["task"] = "0" * 64
    answer = device.send(release)
    assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert "does not lead its task" in answer.content["message"]


def test_a_collector_without_a_part_refuses_shares_as_one_of_before(
    world: SimpleNamespace, sqlite_server: Server, release: Any
) -> None:
    device = sqlite_server.enrolled()
    shares, _ = sealed(world, 2, 0, window(world, 3), [1, 2, 3])
    assert device.send(release(1), shares).status == 422
    assert device.send(release(1)).status == 200


def test_the_helper_answers_nobody_but_its_leader(world: SimpleNamespace) -> None:
    import http.client
    import ssl

    tls = ssl.create_default_context(cafile=str(world.folder / "tls" / "ca.pem"))
    task_id = world.task.task.task_id.hex()
    for headers in ({}, {"Privcv-Collector-Signature": "A" * 86, "Privcv-Collector-Time": "1"}):
        connection = http.client.HTTPSConnection("localhost", world.port, context=tls, timeout=30)
        connection.request("PUT", f"/v1/across/tasks/{task_id}/closes/1", b"\0" * 12, headers)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]) == (401, "bad_signature")
        connection.close()
