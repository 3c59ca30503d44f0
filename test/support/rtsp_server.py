# SPDX-License-Identifier: Apache-2.0
"""A small RTSP server, so that tests have a real live camera."""

import contextlib
import socket
import struct
import threading
import time
from pathlib import Path

import cv2
import numpy as np

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


def noisy_stream(path: Path) -> bytes:
    """Two seconds of noise that moves, so that every frame has packets; 40 frames.

    ``path``: where to write the transport stream, such as ``stream.ts``.
    """
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE)
    noise = np.random.default_rng(3)
    for _ in range(40):
        writer.write(noise.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8))
    writer.release()
    return path.read_bytes()
