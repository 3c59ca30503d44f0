# SPDX-License-Identifier: Apache-2.0
"""A real graph, started as ``privcv up`` starts it, and a user without rights who joins it.

Nothing answers that could change or read a setting; nothing forged is believed; nothing dies; and
each try is seen.
"""

import json
import os
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from ros_domain import held_domain
from waiting import wait_until

pytest.importorskip("rclpy", reason="needs ROS 2")

from privcv_bringup.run.monitor import Monitor, Seen
from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.testing import running_collector
from privcv_compliance.graph.live_graph import RunningGraph
from privcv_core.audit.verify import read_chain
from privcv_core.node.environment import graph_environment
from privcv_core.node.presence import announced
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_uplink.delivery import device_keys

ATTACKER = Path(__file__).with_name("attacker.py")
OTHER_WAYS = Path(__file__).with_name("other_ways.py")
NODES = (
    "/lobby/anonymization", "/lobby/tracking", "/lobby/detection", "/aggregation", "/uplink",
    "/guard",
)  # fmt: skip
WITHIN_S = 120.0
PROMISED_S = 2.0
PATIENCE_S = 3.0  # of a machine under load
HEARD = [
    "/delivery_status", "/door/image_raw", "/guard_heartbeat", "/lobby/anonymous_tracks",
    "/lobby/detections", "/lobby/tracks", "/privacy_budget", "/secure_reports", "/zone_reports",
]  # fmt: skip
SITE = """
site: attacked
state: {state}
cameras:
  lobby:
    source: {{kind: topic, uri: /door/image_raw}}
    authorization: {{required: false}}
    zones: {{door: {{polygon_m: [[0, 0], [4, 0], [4, 4], [0, 4]]}}}}
privacy: {{require_guard: true}}
desk: {{service: {{}}}}
uplink:
  url: {url}
  pins: {pins}
  ca_file: {ca}
  key_file: {state}/uplink-key.json
  enrolment_token_file: {token}
"""
TABLES = ("batches", "releases", "zone_reports", "access_tokens", "enrolment_tokens")


@dataclass
class Attacked:
    """A graph that runs, and what can be seen of it by its owner."""

    state: Path
    seen: Seen
    environment: dict[str, str]
    database: Path
    port: int
    ca_file: Path

    def attack(self, *words: str, by: Path = ATTACKER) -> Any:
        """Have the attacker do something, as a user without rights; what it saw."""
        found = subprocess.run(
            [sys.executable, str(by), *words],
            capture_output=True, text=True, timeout=550, env=self.environment,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout.splitlines()[-1])

    def processes(self) -> dict[str, int]:
        """Node -> the number of its process."""
        domain_nodes = [p for p in announced() if p.node in NODES and _is_child(p.pid)]
        return {presence.node: presence.pid for presence in domain_nodes}

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        """Fail where ``condition`` does not come true."""
        end_s = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < end_s, f"{what}: {self.seen.health}"
            time.sleep(0.1)

    def found(self, begins: str, since_s: float) -> None:
        """Fail where the guard did not record a finding that ``begins`` so in 2 s."""
        faults = read_chain(self.state / "audit", "guard", "fault")
        after_s = [
            datetime.fromisoformat(entry.time).timestamp() - since_s
            for entry in faults
            if str(entry.facts["what"]).startswith(begins)
        ]
        assert after_s, begins
        assert min(one for one in after_s if one >= 0) < PROMISED_S + PATIENCE_S, begins

    def stored(self) -> dict[str, int]:
        """How many rows each table of the collector has."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            count = "SELECT COUNT(*) FROM "
            return {
                table: database.execute(count + table).fetchone()[0]
                for table in (*TABLES, "devices")
            }

    def recorded(self, node: str, word: str) -> bool:
        """Whether the audit log of ``node`` has a fault that names ``word``."""
        faults = read_chain(self.state / "audit", node, "fault")
        return any(word in str(entry.facts["what"]) for entry in faults)


def _is_child(pid: int) -> bool:
    """Of ``privcv up``, which is a child of ours: other tests run graphs too."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        grand = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return False
    return grand == os.getpid()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    state = folder / "state"
    state.mkdir(mode=0o700)
    device_keys.new(state / "uplink-key.json")
    tls = demo_certificates(folder / "tls")
    database = folder / "collector.db"
    url = f"sqlite:///{database}"
    token = folder / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(url, "office"))
    site = folder / "site.yaml"
    with (
        running_collector(url, tls=(tls.certificate, tls.key)) as collector,
        held_domain() as domain,
        pytest.MonkeyPatch.context() as patch,
    ):
        port = urlsplit(collector.url).port
        assert port is not None
        site.write_text(
            SITE.format(
                state=state, url=f"https://localhost:{port}", pins=list(tls.pins),
                ca=tls.ca_file, token=token,
            )
        )  # fmt: skip
        for name, value in {**graph_environment(), "ROS_DOMAIN_ID": str(domain)}.items():
            patch.setenv(name, value)
        command = [sys.executable, "-m", "privcv_bringup.cli"]
        with (folder / "log").open("wb") as log:
            up = subprocess.Popen([*command, "up", str(site)], stdout=log, stderr=log)
            listen = [*command, "desk", "listen", "--site", str(site)]
            desk = subprocess.Popen(listen, stdout=log, stderr=log)
        try:
            with Monitor(state / "graph.secret") as seen:
                paths = [str(ATTACKER.parents[1] / "support"), *sys.path]
                environment = {
                    **os.environ, "HOME": "/tmp", "PYTHONPATH": os.pathsep.join(paths),
                }  # fmt: skip
                attacked = Attacked(state, seen, environment, database, port, tls.ca_file)
                attacked.wait(
                    lambda: all(seen.health.get(node, (3,))[0] != 3 for node in NODES), "it runs"
                )
                attacked.wait(lambda: attacked.stored()["devices"] == 1, "the device enrols")
                yield attacked
        finally:
            for process in (up, desk):
                process.terminate()
                process.wait(timeout=30)


@pytest.fixture
def unharmed(graph: Attacked) -> Iterator[None]:
    """After the test each node runs in the process that it had, and is active; the collector has
    what it had, and goes on."""
    before, stored = graph.processes(), graph.stored()
    keys = (graph.state / "uplink-key.json").read_bytes()
    assert set(before) == set(NODES)
    yield
    since = time.monotonic()
    while time.monotonic() < since + 2.5:  # longer than two of their reports
        time.sleep(0.1)
    assert graph.processes() == before
    assert {node for node in NODES if graph.seen.health[node][0] == 3} == set()
    assert graph.stored() == stored
    assert (graph.state / "uplink-key.json").read_bytes() == keys
    context = ssl.create_default_context(cafile=graph.ca_file)
    with urlopen(f"https://localhost:{graph.port}/healthz", context=context, timeout=20) as answer:
        assert answer.status == 200


@pytest.mark.graph
def test_no_node_offers_a_service_that_could_change_it(graph: Attacked, unharmed: None) -> None:
    offered = graph.attack("services")
    assert {node: names for node, names in offered.items() if names} == {
        "/lobby/anonymization": ["/lobby/rotate_identities"],
        "/privcv_desk": ["/pause_counting"],
    }


@pytest.mark.graph
def test_nobody_answers_a_call_for_another_state_or_setting(
    graph: Attacked, unharmed: None
) -> None:
    answers = graph.attack("remote_control")
    assert len(answers) == 25
    assert set(answers.values()) == {None}


@pytest.mark.graph
def test_nobody_outside_has_identities_rotated(graph: Attacked, unharmed: None) -> None:
    answer = graph.attack("rotate")["answer"]
    assert "done=False" in answer
    assert (
        list(read_chain(graph.state / "audit", "lobby.anonymization", "identities.rotated")) == []
    )
    assert graph.recorded("lobby.anonymization", "rotate_identities")


@pytest.mark.graph
def test_nothing_forged_is_believed(graph: Attacked, unharmed: None) -> None:
    graph.attack("forge")
    refused = {
        "/lobby/tracking": "/lobby/detections", "/lobby/anonymization": "/lobby/tracks",
        "/aggregation": "/delivery_status", "/uplink": "/zone_reports",
    }  # fmt: skip
    for node, topic in refused.items():
        graph.wait(
            partial(graph.seen.value, node, f"refused on {topic}"),
            f"{node} refused what came on {topic}",
        )
    assert graph.seen.value("/aggregation", "refused on /lobby/anonymous_tracks")
    assert graph.recorded("aggregation", "/delivery_status")
    assert graph.recorded("uplink", "/zone_reports")
    assert graph.seen.value("/uplink", "refused on /secure_reports")
    assert graph.seen.value("/uplink", "accepted through") == "0"
    assert graph.seen.value("/uplink", "pending") == "0"
    assert graph.seen.value("/aggregation", "ticks accepted") == "0"
    with sqlite3.connect(f"file:{graph.state / 'ledger.db'}?mode=ro", uri=True) as ledger:
        assert ledger.execute("SELECT COUNT(*) FROM releases").fetchone() == (0,)


@pytest.mark.parametrize(
    ("number", "copies"),
    [
        pytest.param(100, 1, marks=pytest.mark.graph),
        pytest.param(1000, 10, marks=pytest.mark.long),  # 10,000 for each topic
    ],
)
def test_random_messages_kill_nothing(
    graph: Attacked, unharmed: None, number: int, copies: int
) -> None:
    made = graph.attack("noise", str(number), str(copies))
    print("seed", made["seed"])  # shown where this fails
    assert made["topics"] == HEARD
    assert graph.seen.value("/uplink", "accepted through") == "0"
    assert list(read_chain(graph.state / "audit", "aggregation", "budget.spent")) == []


@pytest.mark.graph
def test_random_calls_change_nothing(graph: Attacked, unharmed: None) -> None:
    made = graph.attack("calls", "40")
    assert len(made["asked"]) == 2 + 6 * (len(NODES) + 1)
    # All others: nobody is there.
    assert set(made["answers"]) == {"/lobby/rotate_identities", "/pause_counting"}
    assert min(made["answers"].values()) > 5
    assert made["done"] == 0
    rotated = read_chain(graph.state / "audit", "lobby.anonymization", "identities.rotated")
    assert list(rotated) == []
    for node in NODES:
        assert graph.recorded("guard", f"/intruder calls {node}/set_parameters, and may not")


@pytest.mark.graph
def test_the_collector_gives_and_takes_nothing_without_a_right(
    graph: Attacked, unharmed: None
) -> None:
    answers = graph.attack("collector", str(graph.port), "4")
    assert len(answers) > 10
    given = {name for name, statuses in answers.items() if any(s < 400 for s in statuses)}
    # The last two say that nobody is signed in to the pages.
    session = {"GET /v1/page-session", "DELETE /v1/page-session"}
    assert given == {"GET /healthz", "GET /metrics", *session}
    assert not [status for statuses in answers.values() for status in statuses if status >= 500]


@pytest.mark.graph
def test_the_guard_finds_impostors_and_listeners_within_two_seconds(
    graph: Attacked, unharmed: None
) -> None:
    began_s = graph.attack("impersonate")["began_s"]
    for what in (
        "/lobby/anonymization is there 2 times",
        "/lobby/anonymization publishes /lobby/anonymous_tracks 2 times",
        "/intruder publishes /delivery_status; only /uplink may",
        "/intruder calls /guard/change_state, and may not",
        "/intruder listens to /lobby/detections",
        "/intruder listens to /lobby/tracks",
        "/intruder listens to /lobby/anonymous_tracks",
    ):
        graph.found(what, began_s)


@pytest.mark.graph
def test_no_other_service_or_setting_of_ros_is_answered(graph: Attacked, unharmed: None) -> None:
    """Logger levels, types and descriptions of parameters, states, qualities of service."""
    asked = graph.attack("services_beside", by=OTHER_WAYS)
    assert len(asked) == 7 * (len(NODES) + 1)
    assert set(asked.values()) == {None}
    assert set(graph.attack("settings_of_ros", by=OTHER_WAYS).values()) == {None}
    for call in ("/uplink/set_logger_levels", "/lobby/detection/get_transition_graph"):
        graph.wait(partial(graph.recorded, "guard", f"/intruder calls {call}, and may not"), call)


@pytest.mark.graph
def test_false_times_and_events_change_nothing(graph: Attacked, unharmed: None) -> None:
    """Nobody takes another's clock; what never happened is in no log, and in nobody's name."""
    graph.attack("false_news", by=OTHER_WAYS)
    for chain in ("guard", "aggregation", "uplink", "lobby.detection"):
        for entry in read_chain(graph.state / "audit", chain):
            assert abs(datetime.fromisoformat(entry.time).timestamp() - time.time()) < 3600
            assert "nothing is wrong" not in str(entry.facts)


@pytest.mark.graph
def test_another_type_or_quality_of_service_is_found_as_well(
    graph: Attacked, unharmed: None
) -> None:
    began_s = graph.attack("other_types", by=OTHER_WAYS)["began_s"]
    for what in (
        "/intruder uses /lobby/tracks as std_msgs/msg/String",
        "/intruder uses /zone_reports as std_msgs/msg/String",
        "/lobby/thumbnail lies within a camera's namespace",
        "/intruder listens to frames on /door/image_raw/compressed",
    ):
        graph.found(what, began_s)


@pytest.mark.graph
def test_a_crowd_fills_no_log_and_keeps_the_guard_from_nothing(
    graph: Attacked, unharmed: None
) -> None:
    """The guard names the first of them and counts the rest, and goes on to look."""
    looks = int(graph.seen.value("/guard", "looks"))
    graph.attack("crowd", "200")
    faults = [
        str(entry.facts["what"]) for entry in read_chain(graph.state / "audit", "guard", "fault")
    ]
    crowd = [what for what in faults if what.startswith("/crowd")]
    assert 0 < len(crowd) <= 120
    assert [what for what in faults if what.endswith(" more findings")]
    assert int(graph.seen.value("/guard", "looks")) > looks + 5
    assert not graph.recorded("aggregation", "the guard is missing")


def restarted(running: RunningGraph, node: str) -> str:
    """Asked again while a node of that name runs in the graph of another test on this machine."""
    told = [running.restart(node)]

    def is_meant() -> bool:
        if "runs twice" in told[-1]:
            told.append(running.restart(node))
        return "runs twice" not in told[-1]

    wait_until(is_meant, 180.0)
    return told[-1]


@pytest.mark.graph
def test_the_owner_has_identities_rotated_and_a_process_started_anew(
    graph: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody on the graph may do, ``privcv dsr delete`` still can."""
    for name, value in graph.environment.items():
        monkeypatch.setenv(name, value)
    before = graph.processes()
    with RunningGraph(graph.state / "graph.secret") as running:
        assert running.rotate("lobby", "asked") == ""
        for node in ("/lobby/tracking", "/lobby/detection"):
            assert restarted(running, node) == ""
    audit = read_chain(graph.state / "audit", "lobby.anonymization", "identities.rotated")
    assert [entry.facts["reason"] for entry in audit] == ["asked"]
    graph.wait(lambda: set(graph.processes()) == set(NODES), "all nodes are there again")
    new = {node for node, pid in graph.processes().items() if pid != before[node]}
    assert new == {"/lobby/anonymization", "/lobby/tracking", "/lobby/detection"}


@pytest.mark.graph
def test_nobody_outside_has_the_counting_paused(
    graph: Attacked, unharmed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one: the camera is closed after it."""
    for name, value in graph.environment.items():
        monkeypatch.setenv(name, value)
    assert "accepted=False" in graph.attack("pause")["answer"]
    assert list(read_chain(graph.state / "audit", "desk", "counting.paused")) == []
    assert not (graph.state / "pauses").exists()
    assert graph.recorded("desk", "/pause_counting")
    what = "/intruder calls /pause_counting, and may not"
    graph.wait(lambda: graph.recorded("guard", what), what)
    with RunningGraph(graph.state / "graph.secret", 0.0, "privcv_pause") as ours:
        assert ours.pause("", 1) > datetime.now(timezone.utc)
    (pause,) = read_chain(graph.state / "audit", "desk", "counting.paused")
    assert (pause.facts["by"], pause.facts["camera"]) == ("service", "lobby")
    assert not graph.recorded("guard", "/privcv_pause")
