# SPDX-License-Identifier: Apache-2.0
"""A real RTSP stream, from a small server in this process: newest frame, loss, return."""

import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from rtsp_server import SIZE, RtspServer, noisy_stream

from privcv_perception.camera.loop import CameraLoop
from privcv_perception.detection.detector import Detections
from privcv_perception.errors import SourceLostError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.sources import SourceSettings, open_source


@pytest.fixture
def stream(tmp_path: Path) -> bytes:
    return noisy_stream(tmp_path / "stream.ts")


def settings_for(port: int) -> SourceSettings:
    return SourceSettings(
        kind="rtsp",
        uri=f"rtsp://127.0.0.1:{port}/v",
        stall_s=2.0,
        retry_first_s=0.1,
        retry_longest_s=0.2,
    )


def test_frames_arrive_with_rising_times(stream: bytes):
    server = RtspServer(stream, 40)
    source = open_source(settings_for(server.port))
    source.open()
    assert source.size == SIZE
    frame = FrameBuffer(*SIZE)
    times = []
    for _ in range(5):
        stamp = source.read(frame)
        assert stamp is not None
        assert frame.pixels.any()
        frame.wipe()
        times.append(stamp.time_ns)
    assert times == sorted(set(times))
    source.close()
    server.stop()


def test_a_stream_that_breaks_off_and_comes_back_is_taken_up_again(stream: bytes):
    server = RtspServer(stream, 40)
    settings = settings_for(server.port)
    seen = threading.Semaphore(0)

    class Nobody:
        def detect(self, frame: np.ndarray, stamp_s: float) -> Detections:
            return Detections.empty()

        def wipe(self) -> None: ...
        def close(self) -> None: ...

    loop = CameraLoop(
        settings, open_source(settings), lambda size: Nobody(), lambda *given: seen.release()
    )
    loop.start()
    assert seen.acquire(timeout=20)
    server.stop()
    deadline = time.monotonic() + 20
    while loop.status.reopened == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "trying again in" in loop.status.reason
    while seen.acquire(blocking=False):
        pass
    again = RtspServer(stream, 40, server.port)
    assert seen.acquire(timeout=20)
    assert loop.status.reopened >= 1
    loop.pause()
    again.stop()


def test_nobody_at_that_address_is_a_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceLostError, match="cannot be opened; check address"):
        open_source(settings_for(port)).open()
