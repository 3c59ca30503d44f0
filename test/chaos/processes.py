# SPDX-License-Identifier: Apache-2.0
"""The processes that get killed: uplinks and a collector, forked from a server that loaded them.

A forked process dies of SIGKILL like any other; it only starts sooner.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from privcv_collector.serve import Address, serve
from privcv_collector.settings import CollectorSettings
from privcv_core.protocol.release import Release
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.uplink import Uplink

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(
    ["privcv_uplink.uplink", "privcv_uplink.transports.https", "privcv_collector.serve"]
)

STATUS_EVERY_S = 0.02


def run_collector(db: str, port: int, certificate: Path, key: Path, offset_s: Any) -> None:
    """A collector until it is killed; its clock is ``offset_s.value`` off."""
    os.setsid()  # a service: SIGHUP asks it to read its certificate again
    _quiet()
    for name, module in list(sys.modules.items()):
        if name.startswith("privcv_collector") and hasattr(module, "now_utc"):
            module.now_utc = lambda: (  # type: ignore[attr-defined]
                datetime.now(timezone.utc) + timedelta(seconds=offset_s.value)
            )
    serve(CollectorSettings(db=db), Address(port=port, tls_cert=certificate, tls_key=key))


def run_uplink(pipe: Connection, settings: dict[str, Any], clock_offset_s: float) -> None:
    """An uplink that takes releases from ``pipe`` and reports its status there."""
    _quiet()
    offset_s = [clock_offset_s]
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def clock() -> datetime:
        return datetime.now(timezone.utc) + timedelta(seconds=offset_s[0])

    uplink = Uplink(UplinkSettings.model_validate(settings), clock)
    uplink.start()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while not ended.is_set():
            while pipe.poll(STATUS_EVERY_S):
                what, content = pipe.recv()
                if what == "clock":
                    offset_s[0] = content
                else:
                    for release in content:
                        uplink.accept(Release.model_validate(release))
            pipe.send(uplink.status())
    uplink.stop(1.0)


def set_disk_full(pid: int | None, full: bool) -> None:
    """Let every write of a process beyond 4 kB of a file fail, or no longer."""
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096 if full else hard, hard))


@contextlib.contextmanager
def disk(folder: Path, size_kb: int) -> Any:
    """A disk of its own at ``folder``; yields whether it is one (it needs root)."""
    folder.mkdir(parents=True)
    mounted = os.geteuid() == 0 and not os.system(
        f"mount -t tmpfs -o size={size_kb}k,mode=700 chaos '{folder}' 2>/dev/null"
    )
    try:
        yield mounted
    finally:
        if mounted:
            for _ in range(50):
                if not os.system(f"umount '{folder}' 2>/dev/null"):
                    break
                time.sleep(0.1)


def write_secret(file: Path, words: str) -> None:
    """A file that others cannot read."""
    file.touch(0o600)
    file.write_text(words)


def fill(folder: Path) -> None:
    """Write until the disk is full."""
    with contextlib.suppress(OSError), open(folder / "filler", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _quiet() -> None:
    """What the faults make the processes say is not of interest."""
    sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.SIG_IGN)
