# SPDX-License-Identifier: Apache-2.0
"""What a witness answers to ``POST /add-checkpoint`` (c2sp.org/tlog-witness), and a small server.

TLS and limits of rate are a reverse proxy's, as for the collector. A request is read whole, to at
most ``MOST_BYTES``, within ``PATIENCE_S``.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import TreeHead, check_head
from privcv_across.transparency.witness import (
    AddCheckpoint,
    Witness,
    WitnessStateError,
    WrongOldSize,
)

PATH = "/add-checkpoint"
MOST_BYTES = 65_536
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Answer:
    """Status, type of the content, content."""

    status: int
    content: bytes
    kind: str = "text/plain; charset=utf-8"


def answer(witness: Witness, body: bytes, now: int) -> Answer:
    """The answer to a request at ``now``, seconds since 1970. What is refused says why."""
    try:
        request = AddCheckpoint.decode(body)
        head = TreeHead.parse(request.note.text)
    except LogError as error:
        return _refused(400, error)
    if head.origin not in witness.logs:
        return Answer(404, b"the log is not known here\n")
    try:
        check_head(request.note, witness.logs[head.origin])
    except LogError as error:
        return _refused(403, error)
    if request.old_size > head.size:
        return Answer(400, b"the old size is larger than the checkpoint's\n")
    try:
        return Answer(200, witness.add_checkpoint(request, now).encode().encode())
    except WrongOldSize as error:
        return Answer(409, f"{error.size}\n".encode(), "text/x.tlog.size")
    except WitnessStateError:
        return Answer(500, b"the witness cannot cosign at present\n")
    except LogError:  # a split view too: where the proof of it lies is nobody's business
        return Answer(422, b"the checkpoint does not go on from what was cosigned\n")


def make_server(
    witness: Witness,
    host: str,
    port: int,
    clock: Callable[[], float] = time.time,
    say: Callable[[str], None] = lambda line: None,
) -> ThreadingHTTPServer:
    """A server that listens and does not serve yet; ``say`` is told each answer."""

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_POST(self) -> None:
            """Answer, and close the connection."""
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                self._tell(Answer(404, b"there is nothing here\n"))
            elif not length.isdecimal() or int(length) > MOST_BYTES:
                self._tell(Answer(413, b"the request has no length, or is too long\n"))
            else:
                self._tell(answer(witness, self.rfile.read(int(length)), int(clock())))

        def _tell(self, found: Answer) -> None:
            self.send_response(found.status)
            self.send_header("Content-Type", found.kind)
            self.send_header("Content-Length", str(len(found.content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(found.content)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Only what was answered: addresses of who asks are nobody's business."""
            if len(args) > 1:
                say(f"answered {args[1]}")

        def version_string(self) -> str:
            """No versions."""
            return "privcv"

    return ThreadingHTTPServer((host, port), Handler)


def _refused(status: int, error: LogError) -> Answer:
    return Answer(status, f"{error}\n".encode())
