# SPDX-License-Identifier: Apache-2.0
"""Five sites count, two collectors add up, and what was told is put beside the truth."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from privcv_across.errors import LogError
from privcv_across.task.signed_task import SignedTask
from privcv_across.task.task_folder import KeptTask
from privcv_across.transparency.log_file import prove_copy, verify_log
from privcv_across.transparency.policy import Policy
from privcv_bringup.across_demo.device import Device
from privcv_bringup.across_demo.leader_client import LeaderClient
from privcv_bringup.across_demo.parties import Party, make_task, witnessed_log
from privcv_bringup.across_demo.scene import WINDOW_S, ZONES, Scene
from privcv_collector.testing import running_collector
from privcv_core.errors import PrivcvError
from privcv_core.files.folder import make_folder
from privcv_core.files.input_file import read_input
from privcv_core.protocol.demo_certificates import DemoCertificates, demo_certificates
from privcv_core.protocol.timestamps import parse_rfc3339
from privcv_privacy.across_settings import AcrossSettings
from privcv_uplink.uplink import Uplink

SITES, WINDOWS = 5, 12
VOTES, EPSILON = 3, 0.5
WITHIN_S = 60.0
"""Until what is waited for must have come."""

T = TypeVar("T")


class DemoError(PrivcvError):
    """The demonstration did not come to its end."""


@dataclass(frozen=True)
class Seen:
    """What the demonstration showed; arrays are (windows, zones)."""

    task: SignedTask
    begin_s: int
    truth: np.ndarray
    totals: np.ndarray
    half_width: int
    confidence: float
    told: np.ndarray
    """The sum of what sites published themselves; what they suppressed is not in it."""
    suppressed: int
    """How many of the sites' own reports of zones were."""
    log_entries: int
    reports: int
    """How many sealed reports the devices delivered."""
    proved: int
    """Of how many a device verified the proof that it was counted."""
    took_s: float


def run_across_demo(folder: Path, say: Callable[[str], None]) -> Seen:
    """Everything below ``folder``; ``say`` is told what happens. Raises ``PrivcvError``."""
    begun = time.monotonic()
    begin_s = int(time.time()) // WINDOW_S * WINDOW_S - WINDOWS * WINDOW_S
    tls = demo_certificates(folder / "certificates")
    leader, helper = (
        Party.new(role, folder / role, number)
        for number, role in enumerate(("leader", "helper"), 1)
    )
    devices = []
    for number in range(SITES):
        site = folder / f"site{number + 1}"
        make_folder(site, 0o700)
        scene = Scene.drawn(begin_s, WINDOWS, number + 1)
        devices.append(Device(site.name, site, scene))
    task = _task(folder, leader, helper, [one.new_key() for one in devices], begin_s)
    say(f"task {task.task.task_id.hex()[:16]}: signed by both operators")
    own = (tls.certificate, tls.key)
    with witnessed_log(folder / "logged") as (log, policy):
        limits = str(leader.limits(tls, log))
        with running_collector(leader.database, "--limits", limits, port=leader.port, tls=own):
            kept = _proved(folder / "logged" / "log", policy, task)
            say("in the log, and cosigned by the witness")
            _count(devices, kept, policy, leader, helper, tls, say)
            limits = str(helper.limits(tls, None))
            say("the helper comes: what waited is verified, and windows are closed")
            with running_collector(helper.database, "--limits", limits, port=helper.port, tls=own):
                client = LeaderClient(leader, tls)
                rows, told = _read(client, task)
                proved = sum(
                    _until(
                        f"the closes of {one.name} to stand in the log",
                        partial(client.count_proved, one, task, _policy(policy)),
                    )
                    for one in devices
                )
                say(f"devices proved that {proved} of their reports were counted")
        head, _ = verify_log(folder / "logged" / "log", _policy(policy))
    rows.sort(key=lambda row: row["start"])
    published, suppressed = _published(told, begin_s)
    return Seen(
        task, begin_s, np.sum([one.scene.counts for one in devices], axis=0),
        np.array([row["counts"] for row in rows]), rows[0]["half_width"], rows[0]["confidence"],
        published, suppressed, head.size, sum(len(one.reports) for one in devices), proved,
        time.monotonic() - begun,
    )  # fmt: skip


def _task(
    folder: Path, leader: Party, helper: Party, roster: list[str], begin_s: int
) -> SignedTask:
    begins = datetime.fromtimestamp(begin_s, timezone.utc)
    return make_task(
        folder, leader, helper, roster,
        window_s=WINDOW_S, cells=list(ZONES), min_sites=SITES, close_after_s=0, visits=90,
        votes=VOTES, epsilon=EPSILON, begins=begins, expires=begins + timedelta(days=1),
    )  # fmt: skip


def _count(
    devices: list[Device],
    kept: KeptTask,
    policy: Path,
    leader: Party,
    helper: Party,
    tls: DemoCertificates,
    say: Callable[[str], None],
) -> None:
    rules = AcrossSettings(
        leaders=[leader.operator.public], helpers=[helper.operator.public], policy=policy,
        min_sites=SITES,
    )  # fmt: skip
    for device in devices:
        uplink = device.uplink(leader.url, leader.database, tls)
        try:
            for words in device.count(kept, rules, uplink):
                raise DemoError(f"{device.name}: {words}")
            uplink.start()
            _until(f"{device.name} to deliver", partial(_delivered, uplink))
        finally:
            uplink.stop()
        say(f"{device.name}: joined, counted {WINDOWS} windows, delivered")


def _delivered(uplink: Uplink) -> bool | None:
    status = uplink.status()
    return True if status.delivered and not status.pending else None


def _proved(log: Path, policy: Path, task: SignedTask) -> KeptTask:
    def prove() -> KeptTask | None:
        try:
            _, proof = prove_copy(log, _policy(policy), task.task.task_id.hex())
            proof.check(task.entry, _policy(policy))
        except LogError:
            return None
        return KeptTask(task, proof)

    return _until("the task to stand in the log", prove)


def _policy(path: Path) -> Policy:
    return Policy.parse(read_input(path).decode())


def _read(client: LeaderClient, task: SignedTask) -> tuple[list[Any], list[Any]]:
    def closed() -> list[Any] | None:
        rows = client.get(f"v1/across/totals?task={task.task.task_id.hex()}")["totals"]
        return rows if len(rows) == WINDOWS else None

    rows = _until("both collectors to close", closed)
    return rows, client.get("v1/totals?limit=10000")["totals"]


def _published(told: list[Any], begin_s: int) -> tuple[np.ndarray, int]:
    found = np.zeros((WINDOWS, len(ZONES)), dtype=int)
    suppressed = 0
    for report in told:
        if report["zone"] not in ZONES:
            continue
        start = int(parse_rfc3339(report["window_start"]).timestamp())
        if report["status"] == "published":
            at = (start - begin_s) // WINDOW_S, ZONES.index(report["zone"])
            found[at] += report["occupancy"]
        else:
            suppressed += 1
    return found, suppressed


def _until(what: str, look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + WITHIN_S
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise DemoError(f"waited {WITHIN_S:g} s for {what}")
        time.sleep(0.2)
    return found
