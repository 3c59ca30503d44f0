# SPDX-License-Identifier: Apache-2.0
"""A real RTSP stream, from a small server in this process: newest frame, loss, return."""

import contextlib
import socket
import struct
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from privcv_perception.camera.loop import CameraLoop
from privcv_perception.detection.detector import Detections
from privcv_perception.errors import SourceLostError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.sources import SourceSettings, open_source

SIZE = (64, 48)
FPS = 20.0
_PACKET = 188  # bytes of an MPEG transport stream packet
_SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:v\r\n"
)


class RtspServer:
    """Serves one MPEG transport stream over RTSP's own TCP connection, for ever, in real time."""

    def __init__(self, stream: bytes, frames: int, port: int = 0) -> None:
        self.stream, self.frames = stream, frames
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.clients: list[socket.socket] = []
        self.stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self.stopped = True
        for connection in (self.listener, *self.clients):
            with contextlib.suppress(OSError):  # the other side may have gone first
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while not self.stopped:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        text = b""
        try:
            while not self.stopped:
                data = client.recv(4096)
                if not data:
                    return
                text += data
                while b"\r\n\r\n" in text:
                    request, _, text = text.partition(b"\r\n\r\n")
                    self._answer(client, request.decode())
        except OSError:
            return

    def _answer(self, client: socket.socket, request: str) -> None:
        method = request.split()[0]
        number = next(line[5:] for line in request.splitlines() if line.startswith("CSeq:"))
        head, body = f"RTSP/1.0 200 OK\r\nCSeq:{number}\r\n", b""
        if method == "OPTIONS":
            head += "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = _SDP
            head += f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            head += "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        elif method == "PLAY":
            head += "Session: 1\r\n"
        client.sendall(head.encode() + b"\r\n" + body)
        if method == "PLAY":
            threading.Thread(target=self._play, args=(client,), daemon=True).start()

    def _play(self, client: socket.socket) -> None:
        size = 7 * _PACKET
        pause_s = self.frames / FPS / (len(self.stream) / size)
        number = 0
        try:
            while not self.stopped:
                for start in range(0, len(self.stream), size):
                    head = struct.pack(">BBHII", 0x80, 33, number & 0xFFFF, number * 90, 1)
                    rtp = head + self.stream[start : start + size]
                    client.sendall(b"$\x00" + struct.pack(">H", len(rtp)) + rtp)
                    number += 1
                    time.sleep(pause_s)
        except OSError:
            return


@pytest.fixture
def stream(tmp_path: Path) -> bytes:
    """Two seconds of noise that moves, so that every frame has packets."""
    path = tmp_path / "stream.ts"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE)
    noise = np.random.default_rng(3)
    for _ in range(40):
        writer.write(noise.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8))
    writer.release()
    return path.read_bytes()


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
