# SPDX-License-Identifier: Apache-2.0
"""A camera is looked through only while its gate is open, and only where it may be."""

import itertools
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from privcv_core.audit.log import AuditLog, AuditLogError, AuditSettings
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.pause import PauseWatch
from privcv_core.authorization.pause_note import write_pause
from privcv_core.authorization.record import AuthorizationError
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.event_time.running_time import Running, running_time
from privcv_core.protocol.person_keys import create_key
from privcv_perception.camera.gate import CameraGate
from privcv_perception.camera.loop import CameraLoop
from privcv_perception.camera.privacy_zones import PrivacyZoneSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources import SourceSettings

SETTINGS = SourceSettings(kind="rtsp", uri="rtsp://camera/")
OPEN = AuthorizationSettings(required=False)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
LEFT_HALF = {"desk": PrivacyZoneSettings(polygon=[0, 0, 0.5, 0, 0.5, 1, 0, 1])}


class WhiteFrames:
    """Gives ``count`` white frames a turn, then ends."""

    size = (40, 20)
    dropped = 0
    ending = "the end"
    is_over = False

    def __init__(self, count: int) -> None:
        self.count = count
        self.opened = self.closed = self.index = 0

    def open(self) -> None:
        self.opened += 1

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        if self.index == self.count:
            return None
        self.index += 1
        into.pixels.fill(255)
        return FrameStamp(self.index, self.index * 10**9)

    def interrupt(self) -> None: ...

    def close(self) -> None:
        self.closed += 1


class Looker:
    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []
        self.closed = 0

    def detect(self, frame: np.ndarray, stamp_s: float) -> Detections:
        self.seen.append(frame.copy())
        return Detections.empty()

    def wipe(self) -> None: ...

    def close(self) -> None:
        self.closed += 1


def loop_of(source: WhiteFrames, detector: Looker, gate: Any) -> CameraLoop:
    return CameraLoop(SETTINGS, source, lambda size: detector, lambda *seen: None, gate=gate)


def events(folder: Path) -> list[str]:
    return [entry.event for entry in read_chain(folder, "lobby.detection")]


def test_no_detector_ever_sees_a_privacy_zone():
    detector = Looker()
    loop_of(WhiteFrames(2), detector, CameraGate("lobby", OPEN, LEFT_HALF, None)).run()
    assert len(detector.seen) == 2
    for frame in detector.seen:
        assert not frame[:, :20].any()
        assert (frame[:, 23:] == 255).all()


def test_what_happened_is_in_the_audit_log(tmp_path: Path):
    with AuditLog(AuditSettings(folder=tmp_path), "lobby.detection") as log:
        loop_of(WhiteFrames(3), Looker(), CameraGate("lobby", OPEN, {}, log)).run()
    assert events(tmp_path) == ["log.opened", "gate.opened", "frames", "buffers.wiped"]
    entry = next(iter(read_chain(tmp_path, "lobby.detection", "frames")))
    assert (entry.facts["frames"], entry.facts["wiped"]) == (3, 3)


def test_without_an_authorization_the_camera_is_never_opened(tmp_path: Path):
    required = AuthorizationSettings(
        file=tmp_path / "none.json", trusted_keys=[create_key(tmp_path / "key").public]
    )
    gate = CameraGate("lobby", required, {}, None)
    with pytest.raises(AuthorizationError, match="no authorization for camera 'lobby'"):
        gate.require()
    source = WhiteFrames(3)
    loop = loop_of(source, Looker(), gate)
    loop.start()
    while loop.status.state != "closed":
        pass
    loop.pause()
    assert source.opened == 0
    assert CameraGate("lobby", OPEN, {}, None).warning is not None


def test_who_comes_while_the_camera_is_paused_is_seen_by_nobody(tmp_path: Path):
    """The frames of the pause are lost, those after it are not: it ends by itself."""
    ran_s, started = running_time().at_ns / 1e9, NOON

    class PressedAfterTwo(WhiteFrames):
        def read(self, into: FrameBuffer) -> FrameStamp | None:
            stamp = super().read(into)
            if self.index == 3:
                write_pause(tmp_path / "state", "lobby", 1, "button", now())
            return stamp

    clock = itertools.count()

    def now() -> datetime:
        return started + timedelta(seconds=next(clock))

    pause = PauseWatch(
        tmp_path / "state", "lobby", lambda: Running(running_time().boot, int(ran_s * 1e9))
    )
    source, detector = PressedAfterTwo(6), Looker()
    with AuditLog(AuditSettings(folder=tmp_path / "audit"), "lobby.detection") as log:
        gate = CameraGate("lobby", OPEN, {}, log, now, tmp_path / "state")
        gate._pause = pause
        loop = loop_of(source, detector, gate)
        loop.start()
        while (state := loop.status.state) != "closed":
            assert state not in ("failed", "ended")
        assert (source.opened, source.closed, len(detector.seen)) == (1, 1, 2)
        ran_s += 61
        while (state := loop.status.state) != "ended":
            assert state != "failed"
        loop.pause()
    assert len(detector.seen) == 5  # the third was wiped unseen
    closed = list(read_chain(tmp_path / "audit", "lobby.detection", "gate.closed"))
    assert [entry.facts["kind"] for entry in closed] == ["paused"]
    assert events(tmp_path / "audit").count("gate.opened") == 2


def test_a_pause_opens_no_camera_that_is_closed(tmp_path: Path):
    required = AuthorizationSettings(
        file=tmp_path / "none.json", trusted_keys=[create_key(tmp_path / "key").public]
    )
    write_pause(tmp_path, "lobby", 1, "desk")
    gate = CameraGate("lobby", required, {}, None, state=tmp_path)
    assert gate.closed() == "there is no authorization for camera 'lobby'"


class Scripted:
    """A gate that is open or closed in turn, as the script says."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = itertools.chain(answers, itertools.repeat(None))
        self.looks, self.stops, self.faults = 0, [], []

    def closed(self) -> str | None:
        return next(self.answers)

    def hide(self, frame: np.ndarray) -> None: ...

    def looked(self) -> None:
        self.looks += 1

    def stopped(self, reason: str) -> None:
        self.stops.append(reason)

    def failed(self, what: str) -> None:
        self.faults.append(what)


def test_a_gate_that_closes_releases_the_camera_before_the_next_look_and_opens_again():
    source, detector = WhiteFrames(4), Looker()
    gate = Scripted(None, None, "withdrawn")  # at opening, for the first frame, for the second
    loop = loop_of(source, detector, gate)
    loop.run()
    assert source.opened == source.closed == 2
    assert len(detector.seen) == gate.looks == 3  # of four; the second was wiped unseen
    assert detector.closed == 2
    assert gate.stops == ["withdrawn", "the end"]


def test_no_record_no_looking():
    class BrokenLog(Scripted):
        def looked(self) -> None:
            raise AuditLogError("the disk is full")

    source, detector, gate = WhiteFrames(5), Looker(), BrokenLog()
    ended = threading.Event()
    loop = CameraLoop(
        SETTINGS,
        source,
        lambda size: detector,
        lambda *seen: pytest.fail("delivered"),
        ended.set,
        gate,
    )
    loop.run()
    assert (loop.status.state, loop.status.reason) == ("failed", "the disk is full")
    assert len(detector.seen) == 1
    assert gate.faults == ["the disk is full"]
    assert source.closed == 1
    assert ended.is_set()
