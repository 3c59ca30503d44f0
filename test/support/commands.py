# SPDX-License-Identifier: Apache-2.0
"""Runs ``privcv`` as a user does, and judges it: tracebacks, crashes, processes left, secrets told.

::

    run = run_command("replay", bag, "--site", site, folder=tmp_path, timeout_s=60)
    judge(run, canary="s3cret", places=[tmp_path])
    assert run.status == 2
"""

import base64
import ctypes
import gzip
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

BAD_INPUT = 2
_PR_SET_CHILD_SUBREAPER = 36
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
_TRACES = ("Traceback (most recent call last)", "Fatal Python error", "core dumped")
ENDS_WITHIN_S = 3.0
"""Who was killed or told to end gets so long to be gone, s."""


@dataclass(frozen=True)
class CommandRun:
    """What one command did."""

    command: tuple[str, ...]
    status: int
    """Its exit status; negative: the signal that ended it."""
    out: str
    err: str
    lasted_s: float
    ended_in_time: bool
    """Whether it ended before its time was over; it was killed where it did not."""
    stopped_s: float | None
    """How long it took to end after it was sent a signal, s."""
    left: tuple[str, ...]
    """Processes that were still there after it had ended, in words; they were killed."""

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err

    @property
    def problem_lines(self) -> list[str]:
        """Lines on standard error that are not empty."""
        return [line for line in self.err.splitlines() if line.strip()]


def run_command(
    *arguments: str | bytes | Path,
    folder: Path,
    timeout_s: float = 60.0,
    environment: dict[str, str] | None = None,
    send: signal.Signals | None = None,
    when: Callable[[str], bool] | None = None,
    again: bool = False,
    program: Sequence[str] = (sys.executable, "-m", "privcv_bringup.cli"),
) -> CommandRun:
    """Run ``privcv ARGUMENTS`` in ``folder``; killed where it takes longer than ``timeout_s``.

    ``send`` is sent to the command alone, not to its children, once ``when`` holds for what it has
    printed (default: at its first line), as a service manager or a closed terminal does; with
    ``again`` it is sent ten times a second until the command has ended, as by who has no patience.
    """
    words: list[str | bytes] = [
        argument if isinstance(argument, bytes) else str(argument) for argument in arguments
    ]
    _adopt_orphans()
    before = _descendants()
    started_s = time.monotonic()
    process = subprocess.Popen(
        [*program, *words],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    heard: dict[str, list[bytes]] = {"out": [], "err": []}
    said_something = threading.Condition()

    def hear(stream: str, pipe: "subprocess._FILE") -> None:
        for chunk in iter(lambda: os.read(pipe.fileno(), 1 << 16), b""):  # type: ignore[union-attr]
            with said_something:
                heard[stream].append(chunk)
                said_something.notify_all()

    readers = [
        threading.Thread(target=hear, args=(name, pipe), daemon=True)
        for name, pipe in (("out", process.stdout), ("err", process.stderr))
    ]
    for reader in readers:
        reader.start()
    sent_s: float | None = None
    end_s = started_s + timeout_s
    if send is not None:
        ready = when or (lambda text: "\n" in text)
        with said_something:
            while process.poll() is None and time.monotonic() < end_s:
                if ready(_text(heard["out"]) + _text(heard["err"])):
                    break
                said_something.wait(0.1)
        sent_s = time.monotonic()
        process.send_signal(send)
        while again and time.monotonic() < end_s and not _has_ended(process, 0.1):
            process.send_signal(send)
    try:
        process.wait(max(0.1, end_s - time.monotonic()))
        ended = True
    except subprocess.TimeoutExpired:
        ended = False
        process.kill()
        process.wait()
    ended_s = time.monotonic()
    left = _left_over(before)
    for reader in readers:
        reader.join(ENDS_WITHIN_S)  # whoever held the pipe open is gone by now
    return CommandRun(
        command=tuple(os.fsdecode(word) for word in words),
        status=process.returncode,
        out=_text(heard["out"]),
        err=_text(heard["err"]),
        lasted_s=ended_s - started_s,
        ended_in_time=ended,
        stopped_s=None if sent_s is None else ended_s - sent_s,
        left=left,
    )


def judge(
    run: CommandRun,
    *,
    canary: str | None = None,
    places: Iterable[Path] = (),
    but: Iterable[Path] = (),
) -> None:
    """Fail where ``run`` broke a rule that holds for every command and every input.

    No traceback, no crash, no hang, no process left. Bad input (status 2) is one line. ``canary``
    is nowhere in what it printed nor in a file below ``places``; ``but``: files that hold it
    rightly, such as the site file that the user wrote.
    """
    shown = f"privcv {' '.join(run.command)}: status {run.status}\n{run.said[-4000:]}"
    assert run.ended_in_time, f"did not end in time: {shown}"
    for trace in _TRACES:
        assert trace not in run.said, f"{trace}: {shown}"
    assert -run.status not in _CRASHES, f"crashed: {shown}"
    assert not run.left, f"left {', '.join(run.left)}: {shown}"
    if run.status == BAD_INPUT:
        assert len(run.problem_lines) == 1, f"not one line: {shown}"
    if canary is not None:
        told = [form for form in forms_of(canary) if form in run.said.encode()]
        assert not told, f"the canary was printed as {told[0]!r}: {shown}"
        found = files_with(canary, places, but)
        assert not found, f"the canary lies in {', '.join(map(str, found))}: {shown}"


def files_with(canary: str, places: Iterable[Path], but: Iterable[Path] = ()) -> list[Path]:
    """Files below ``places`` that hold ``canary`` in any of ``forms_of``; gzip is looked into."""
    allowed = {path.resolve() for path in but}
    forms = forms_of(canary)
    found = []
    for place in places:
        paths = [place] if place.is_file() else sorted(place.rglob("*"))
        for path in paths:
            if not path.is_file() or path.resolve() in allowed:
                continue
            content = _content(path)
            if any(form in content for form in forms):
                found.append(path)
    return found


def forms_of(canary: str) -> list[bytes]:
    """The ways in which a program may spell a secret: as it is, percent-encoded, base64, hex."""
    plain = canary.encode()
    spelt = [
        plain,
        urllib.parse.quote(canary, safe="").encode(),
        urllib.parse.unquote(canary).encode(),
        base64.b64encode(plain).rstrip(b"="),
        plain.hex().encode(),
        canary.encode("utf-16-le"),
    ]
    return sorted(set(spelt))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        return b""
    if content[:2] == b"\x1f\x8b":
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return content
    return content


def _adopt_orphans() -> None:
    """Have processes whose parent ends become ours, so that none is left unseen."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _descendants() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _left_over(before: set[psutil.Process]) -> tuple[str, ...]:
    """Processes that are there now and were not before; they get a moment, are named and killed."""
    left = list(_descendants() - before)
    _, left = psutil.wait_procs(left, ENDS_WITHIN_S)
    words = []
    for process in left:
        try:
            words.append(f"{process.pid} ({' '.join(process.cmdline())[:200]})")
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, ENDS_WITHIN_S)
    return tuple(words)


def _has_ended(process: "subprocess.Popen[bytes]", within_s: float) -> bool:
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _text(chunks: list[bytes]) -> str:
    return b"".join(chunks).decode(errors="backslashreplace")
