# SPDX-License-Identifier: Apache-2.0
"""A pause by a call on the graph: of who has the secret, once, and of nobody else."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from compliance_site import run
from messages_at_random import each

from privcv_compliance.cli import pause
from privcv_compliance.errors import ComplianceError
from privcv_compliance.graph import pause_service
from privcv_compliance.graph.live_graph import RunningGraph
from privcv_compliance.graph.pause_service import PauseService
from privcv_compliance.objection.desk import Desk, run_desk
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.pause import PauseWatch
from privcv_core.authorization.pause_note import Paused
from privcv_core.event_time.running_time import Running, running_time
from privcv_core.files.graph_secret import graph_secret
from privcv_core.node.authentication import Authenticator, UnauthenticMessage
from privcv_msgs.srv import PauseCounting

UNTIL = datetime(2026, 11, 20, 12, 5, tzinfo=timezone.utc)
OURS, STRANGER = Authenticator(b"x" * 32), Authenticator(b"y" * 32)
NAME = "/pause_counting"


class Offered:
    """The service, and what it did."""

    def __init__(self) -> None:
        self.paused: list[tuple[tuple[str, ...], int]] = []
        self.faults: list[str] = []
        self.fails = False
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = PauseService(
            OURS, ["lobby", "hall"], self.pause, self.faults.append, context=self.context
        )

    def pause(self, cameras: Sequence[str], minutes: int) -> Sequence[Paused]:
        self.paused.append((tuple(cameras), minutes))
        later = UNTIL + timedelta(minutes=60)  # a longer pause that went on already
        both = [Paused("lobby", later, 65), Paused("hall", UNTIL, minutes)]
        return () if self.fails else both

    def call(self, request: PauseCounting.Request) -> PauseCounting.Response:
        return self.node._service.callback(request, PauseCounting.Response())


@pytest.fixture
def offered() -> Iterator[Offered]:
    service = Offered()
    yield service
    service.node.destroy_node()
    service.context.shutdown()


def asked(camera: str = "", minutes: int = 5, nonce: int = 7) -> PauseCounting.Request:
    return PauseCounting.Request(camera=camera, minutes=minutes, nonce=nonce)


@pytest.mark.graph
def test_who_has_the_secret_pauses_and_the_answer_is_bound_to_the_request(offered: Offered) -> None:
    answer = offered.call(OURS.sign(NAME, asked("hall", 5, nonce=7)))
    assert offered.paused == [(("hall",), 5)]
    assert (answer.accepted, answer.until_s) == (True, int(UNTIL.timestamp()))
    OURS.check(NAME, answer, 7)
    for other, nonce in ((OURS, 8), (STRANGER, 7)):
        with pytest.raises(UnauthenticMessage):
            other.check(NAME, answer, nonce)
    offered.call(OURS.sign(NAME, asked(nonce=8)))
    assert offered.paused[1] == ((), 5)  # all of them


def by_a_stranger(_: Offered) -> PauseCounting.Request:
    return STRANGER.sign(NAME, asked())


def for_another_service(_: Offered) -> PauseCounting.Request:
    return OURS.sign("/lobby/rotate_identities", asked())


def changed_on_the_way(_: Offered) -> PauseCounting.Request:
    request = OURS.sign(NAME, asked(minutes=5))
    request.minutes = 120
    return request


def held_back(_: Offered) -> PauseCounting.Request:
    def ago() -> Running:
        now = running_time()
        return Running(now.boot, now.at_ns - 61 * 10**9)

    return Authenticator(b"x" * 32, ago).sign(NAME, asked())


def said_again(offered: Offered) -> PauseCounting.Request:
    request = OURS.sign(NAME, asked(nonce=3))
    assert offered.call(request).accepted
    offered.paused.clear()
    return request


def with_the_number_of_another(offered: Offered) -> PauseCounting.Request:
    assert offered.call(OURS.sign(NAME, asked("hall", nonce=3))).accepted
    offered.paused.clear()
    return OURS.sign(NAME, asked("lobby", nonce=3))


@pytest.mark.graph
@pytest.mark.parametrize(
    "make",
    [
        lambda _: asked(), by_a_stranger, for_another_service, changed_on_the_way, held_back,
        said_again, with_the_number_of_another,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_what_nobody_of_ours_asked_now_is_refused_and_counted(
    offered: Offered, make: Callable[[Offered], PauseCounting.Request]
) -> None:
    answer = offered.call(make(offered))
    assert (answer.accepted, answer.until_s, answer.mac) == (False, 0, "")
    assert offered.paused == []
    assert offered.node.refused[NAME] == 1
    assert len(offered.faults) == 1


@pytest.mark.graph
def test_a_flood_of_forged_requests_is_counted_and_written_down_once(
    offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privcv_core.node.messages.SHOWN_S", 1e9)  # on however slow a machine
    made: list[Any] = []
    each(PauseCounting.Request, 200, made.append, None)
    requests = [one for one in made if not isinstance(one, bytes)]
    assert len(requests) > 50
    for request in requests:
        assert not offered.call(request).accepted
    assert offered.paused == []
    assert offered.node.refused[NAME] == len(requests)
    assert len(offered.faults) == 1


@pytest.mark.graph
@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (asked("cellar"), "no camera of that name"), (asked(minutes=0), "1 to 120 minutes"),
        (asked(minutes=121), "1 to 120 minutes"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_answered_with_why(
    offered: Offered, request_: PauseCounting.Request, why: str
) -> None:
    answer = offered.call(OURS.sign(NAME, request_))
    assert not answer.accepted
    assert why in answer.message
    OURS.check(NAME, answer, request_.nonce)
    assert offered.paused == []


@pytest.mark.graph
def test_a_pause_that_failed_is_not_called_one(offered: Offered) -> None:
    offered.fails = True
    answer = offered.call(OURS.sign(NAME, asked()))
    assert (answer.accepted, answer.until_s) == (False, 0)
    assert "not paused" in answer.message


@pytest.mark.graph
def test_the_desk_answers_calls_over_the_graph(site: SiteFile, ros_domain: int) -> None:
    told: list[str] = []
    listens, ended = threading.Event(), threading.Event()

    def tell(words: str) -> None:
        told.append(words)
        listens.set()

    thread = threading.Thread(target=Desk(site, tell).serve, args=(ended,))
    thread.start()
    try:
        assert listens.wait(60)
        said = run(pause.command, "--site", str(site.path), "--minutes", "9", "--through-desk")
        assert said.startswith("every camera: nobody is counted until 20")
        secret = site.site.graph_secret
        kept = secret.read_bytes()
        secret.write_text("11" * 32)  # another's, such as of another device
        with (
            RunningGraph(secret, 0.0, "privcv_pause") as graph,
            pytest.raises(ComplianceError, match="no process of this graph asks"),
        ):
            graph.pause("", 9)
        secret.write_bytes(kept)
    finally:
        ended.set()
        thread.join()
    assert PauseWatch(site.state, "lobby").decide(datetime.now(timezone.utc)) is not None
    (entry,) = read_chain(site.audit.folder, "desk", "counting.paused")
    assert (entry.facts["by"], entry.facts["minutes"]) == ("service", 9)
    (fault,) = read_chain(site.audit.folder, "desk", "fault")
    assert "no process of this graph made" in str(fault.facts["what"])


@pytest.mark.graph
def test_where_no_desk_listens_that_is_said(
    site: SiteFile, ros_domain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privcv_compliance.graph.live_graph.ANSWER_S", 0.1)
    with RunningGraph(site.site.graph_secret, 0.0, "privcv_pause") as graph:
        with pytest.raises(ComplianceError, match="has the graph run"):
            graph.pause("", 5)
        graph_secret(site.site.graph_secret)
        with pytest.raises(ComplianceError, match="does not answer"):
            graph.pause("", 5)


def test_without_ros_the_rest_of_the_desk_goes_on(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, pause_service.__name__, None)
    told: list[str] = []
    Desk(site, told.append).serve(threading.Event())
    assert [words[:55] for words in told] == [
        "answers no calls on the graph: ROS 2 is not there (impo"
    ]


def test_a_secret_that_is_not_made_yet_is_waited_for(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk's user may not make it: the process that may is perhaps still starting."""
    told: list[str] = []
    ended = threading.Event()
    tries: list[object] = []

    def secret(*_: object) -> bytes:
        tries.append(1)
        if len(tries) < 3:
            raise ComplianceError("cannot be made")
        return b"x" * 32

    monkeypatch.setattr("privcv_compliance.objection.desk.graph_secret", secret)
    monkeypatch.setattr("privcv_compliance.objection.desk.AGAIN_S", 0.0)
    monkeypatch.setattr(pause_service, "serve_pauses", lambda *_: ended.set())
    Desk(site, told.append).serve(ended)
    assert told == ["answers no calls on the graph: cannot be made"]  # once


def test_a_desk_of_nothing_is_refused(site: SiteFile) -> None:
    with pytest.raises(ComplianceError, match="name a button, mqtt or service"):
        run_desk(site, print)
