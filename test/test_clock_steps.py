# SPDX-License-Identifier: Apache-2.0
"""The clock of a device is set under the running graph: releases go on, and nothing is overspent.

Real processes, a real RTSP camera; libfaketime gives them a wall clock that the test sets. Time
that really passes (CLOCK_MONOTONIC, CLOCK_BOOTTIME) is left alone, as on a device.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from graph_runner import RunningGraph, running
from rtsp_server import RtspServer, noisy_stream

from privcv_core.audit.files import chains_in
from privcv_core.audit.verify import verify_chain
from privcv_core.protocol.release import ZoneReport
from privcv_core.settings.model import parse_settings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_site.graph import build_graph
from privcv_site.site import Site

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="needs the Debian package faketime")

EPSILON = 4
HOUR_S, YEAR_S = 3600.0, 365 * 86400.0


@dataclass
class Device:
    """The graph of one device, its clock, and the files that it leaves."""

    graph: RunningGraph
    clock_file: Path
    window_s: int
    off_s: float = 0.0

    def set_clock(self, by_s: float) -> None:
        self.off_s += by_s
        new = self.clock_file.with_suffix(".new")
        new.write_text(f"{self.off_s:+.0f}\n")
        new.replace(self.clock_file)  # at once: nobody reads half of it

    def now_s(self) -> float:
        return time.time() + self.off_s

    def windows(self, after: int = 0) -> list[ZoneReport]:
        """A report of each window that was observed, of the releases after number ``after``."""
        releases = sorted(self.graph.seen.releases.items())
        reports = [r.zones[0] for number, r in releases if number > after and r.zones]
        return [report for report in reports if report.coverage > 0]

    def await_windows(self, count: int, within_s: float) -> None:
        """Wait for ``count`` windows that lie in the time of the clock as it is from now on."""
        after = max(self.graph.seen.releases, default=0)
        since_s = self.now_s() - self.window_s

        def found() -> bool:
            starts = [report.window_start.timestamp() for report in self.windows(after)]
            ours = [s for s in starts if since_s <= s <= self.now_s() - self.window_s + TICK_S]
            return len(ours) >= count

        self.graph.wait(found, f"no {count} windows since {since_s:.0f}", within_s)


@contextmanager
def device(folder: Path, window_s: int) -> Iterator[Device]:
    assert LIBRARY is not None
    clock_file = folder / "clock"
    clock_file.write_text("+0\n")
    server = RtspServer(noisy_stream(folder / "stream.ts"), 40)
    camera = {
        "source": {"kind": "rtsp", "uri": f"rtsp://127.0.0.1:{server.port}/v", "fps": 5},
        "detector": {"kind": "builtin"},
        "authorization": {"required": False},
        "zones": {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}},
    }
    content = {
        "state": str(folder / "state"),
        "cameras": {"room": camera},
        "privacy": {"unit": "visit", "epsilon": EPSILON, "window_s": window_s, "dwell_period_s": 60,
                    "k": 1, "max_cells": 64},
    }  # fmt: skip
    environment = {
        **os.environ,
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock_file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    processes = build_graph(parse_settings(Site, content, where="test"))
    try:
        with running(processes, folder / "run", environment) as graph:
            yield Device(graph, clock_file, window_s)
    finally:
        server.stop()


def check_steps(folder: Path, steps_s: list[float], window_s: int, windows: int) -> None:
    """Set the clock by each of ``steps_s``, and wait for so many windows in its time each."""
    with device(folder, window_s) as here:
        graph = here.graph
        graph.wait(lambda: accepted(graph) > 0, "the graph did not begin")
        for step_s in steps_s:
            here.set_clock(step_s)
            # Time to believe it, the windows, and what a machine under load takes.
            here.await_windows(windows, within_s=25 + windows * window_s + 60)
        health = graph.seen.health["/aggregation"]
        assert int(graph.seen.value("/aggregation", "ticks clock steps")) == len(steps_s), health
    said = [line for line in graph.lines if "ticks refused" in line]
    assert "ticks refused: over after" in said[-1]
    assert len(said) % 2 == 0
    check_audit_logs(folder / "state" / "audit")
    check_ledger(folder / "state")


def accepted(graph: RunningGraph) -> int:
    return int(graph.seen.value("/aggregation", "ticks accepted") or 0)


def check_audit_logs(folder: Path) -> None:
    chains = chains_in(folder)
    assert {"room.detection", "room.anonymization", "aggregation"} <= set(chains)
    for chain in chains:
        report = verify_chain(folder, chain)
        assert (report.problems, report.first, report.pruned) == ((), 1, ())


def check_ledger(state: Path) -> None:
    """What one visit may have paid in all pools together is never more than the promise."""
    (path,) = state.glob("**/ledger.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        rows: list[Any] = db.execute("SELECT booked FROM releases WHERE affordable").fetchall()
    paid: dict[tuple[str, str], float] = {}
    for (booked,) in rows:
        for charge in json.loads(booked)["charges"]:
            pool = charge["scope"], charge["cohort"]
            paid[pool] = max(paid.get(pool, 0.0), charge["epsilon"])
    assert 0 < sum(paid.values()) <= EPSILON * (1 + 1e-9)


@pytest.mark.graph
def test_releases_go_on_after_a_clock_that_was_set_back(tmp_path: Path) -> None:
    check_steps(tmp_path, [-60.0], window_s=5, windows=1)


@pytest.mark.long
def test_releases_go_on_after_each_step(tmp_path: Path) -> None:
    check_steps(tmp_path, [-60.0, 60.0, -5.5 * HOUR_S, YEAR_S], window_s=20, windows=2)
