# SPDX-License-Identifier: Apache-2.0
"""Sealed shares from the aggregation to the uplink's outbox, over DDS: the ledger's bytes, once.

The real nodes; the collector is never reached, so that everything waits in the outbox.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

import rclpy
from anonymous_ticks import tick_in_cells
from graph_runner import running
from sum_devices import counted, kept
from sum_tasks import DEVICES, HELPER, LEADER, POLICY
from uplink_settings import uplink_settings

from privcv_across.task.task_folder import keep_task
from privcv_core.files.atomic_file import write_new
from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.qos import RELIABLE
from privcv_core.protocol import base64url
from privcv_core.settings.dotted import to_flat
from privcv_core.settings.model import parse_settings
from privcv_msgs.msg import AnonymousTracks
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.budget.accounting import Release
from privcv_privacy.nodes.messages import anonymous_tracks_message
from privcv_site.processes import NodeSpec, ProcessSpec
from privcv_uplink.node_settings import UplinkNodeSettings

pytestmark = pytest.mark.graph

FIRST = 340_000_000 - 340_000_000 % (86400 // 5)
TICKS = 12  # in a window of 60 s
TASK = kept(window_s=60, cells=["hall", "hall_b", "hall_c"])


def processes(folder: Path) -> list[ProcessSpec]:
    across = {
        "leaders": [LEADER.public], "helpers": [HELPER.public], "policy": str(folder / "policy"),
    }  # fmt: skip
    content: dict[str, Any] = {
        "cameras": {"lobby": {"zones": {"hall": {"polygon_m": [0, 0, 4, 0, 4, 4, 0, 4]}}}},
        "window_s": 60, "k": 5, "across_share": 1.0, "ledger": str(folder / "ledger.db"),
        "refuse_future": False, "silent_after_s": 3600, "listeners": 1, "across": across,
        "across_folder": str(folder / "across"),
    }  # fmt: skip
    privacy = parse_settings(AggregationSettings, content, where="test")
    sends = uplink_settings(folder, url="https://localhost:9")
    uplink = parse_settings(
        UplinkNodeSettings,
        {**sends.model_dump(mode="json"), "across": str(folder / "across")},
        where="test",
    )
    return [
        ProcessSpec(name, (NodeSpec(f"{module}:{node}", at, "/", to_flat(settings)),))
        for name, module, node, at, settings in (
            ("uplink", "privcv_uplink.nodes.uplink", "UplinkNode", "uplink", uplink),
            (
                "privacy",
                "privcv_privacy.nodes.aggregation",
                "AggregationNode",
                "aggregation",
                privacy,
            ),
        )
    ]


def held(path: Path, table: str = "releases") -> dict[int, bytes]:
    """Payloads of a database that its process holds, by number, in a copy of it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return dict(db.execute(f"SELECT sequence, payload FROM {table} ORDER BY sequence"))


def test_what_the_ledger_committed_is_what_waits_in_the_outbox(tmp_path: Path) -> None:
    keep_task(tmp_path / "across", TASK)
    write_new(tmp_path / "across" / "key", base64url.encode(DEVICES[0].secret), mode=0o600)
    (tmp_path / "policy").write_text(POLICY)
    with running(processes(tmp_path), tmp_path / "log") as graph:
        with as_in_the_graph():
            rclpy.init()
        try:
            node = rclpy.create_node("test_cameras")
            topic = node.create_publisher(AnonymousTracks, "/lobby/anonymous_tracks", RELIABLE)
            graph.wait(
                lambda: topic.get_subscription_count() and "/uplink" in graph.seen.health,
                "both run",
            )
            for number in range(2 * TICKS + 1):
                people = [(one, [(3, 3)], 0) for one in range(1, 4 if number < TICKS else 1)]
                topic.publish(
                    anonymous_tracks_message(tick_in_cells("lobby", FIRST + number, people))
                )
            graph.wait(
                lambda: graph.seen.value("/uplink", "accepted through") == "2",
                "the outbox has both windows",
            )
            assert graph.seen.value("/uplink", "pending") == "2"
            assert "refused on /secure_reports" not in str(graph.seen.health["/uplink"])
        finally:
            rclpy.shutdown()
    committed = held(tmp_path / "ledger.db")
    assert held(uplink_settings(tmp_path, url="https://localhost:9").outbox.file) == committed
    releases = [Release(number, payload, False, True) for number, payload in committed.items()]
    told = counted(TASK, releases)
    assert [time for time, _ in told] == [FIRST // TICKS, FIRST // TICKS + 1]
    near = [sum(abs(one - true) for one, true in zip(cells, (count, 0, 0), strict=True))
            for (_, cells), count in zip(told, (3, 0), strict=True)]  # fmt: skip
    assert max(near) <= 24  # the floor: of scale 3/8 in three cells, more comes once in 10**27
