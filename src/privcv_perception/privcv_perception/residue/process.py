# SPDX-License-Identifier: Apache-2.0
"""Start, drive and freeze the process that is audited."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from privcv_perception.errors import PerceptionError

_PATIENCE_S = 30.0


# What the environment of the graph sets, beside MALLOC_*. An audited process has what it is given,
# not what its caller has: the unprotected control would else be protected.
_PROTECTIONS = (
    "FASTDDS_BUILTIN_TRANSPORTS",
    "FASTDDS_DEFAULT_PROFILES_FILE",
    "FASTRTPS_DEFAULT_PROFILES_FILE",
    "GLIBC_TUNABLES",
    "RMW_FASTRTPS_USE_QOS_FROM_XML",
    "ROS_AUTOMATIC_DISCOVERY_RANGE",
)


def bare_environment() -> dict[str, str]:
    """The environment of this process without any protection of frames."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _PROTECTIONS and not name.startswith("MALLOC_")
    }


class SubjectProcess:
    """A camera process with a working and a temp directory of its own, under ``folder``."""

    def __init__(
        self,
        request: dict[str, Any],
        folder: Path,
        module: str = "privcv_perception.residue.subject",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folders = [folder / "work", folder / "tmp"]
        for place in self.folders:
            place.mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(request)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors.txt").open("wb"),
            cwd=self.folders[0],
            env={
                **bare_environment(),
                "PYTHONPATH": import_path(),
                **(environment or {}),
                "TMPDIR": str(self.folders[1]),
            },
        )
        self._errors = folder / "errors.txt"
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.ranges: list[tuple[int, int]] = []

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def __enter__(self) -> "SubjectProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def wait_for(self, event: str, **match: Any) -> dict[str, Any]:
        """The next event of that name and content."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                seen = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise PerceptionError(
                    f"the audited process did not say '{event}' within {_PATIENCE_S:g} s"
                ) from None
            if seen is None or (seen["event"] == "ended" and event != "ended"):
                complaint = self._errors.read_text(errors="replace").strip().splitlines()
                why = seen["reason"] if seen else (complaint or ["no reason given"])[-1]
                raise PerceptionError(f"the audited process ended before '{event}': {why}")
            if seen["event"] == event and all(seen[key] == match[key] for key in match):
                return seen

    def wait_for_frame(self, index: int) -> None:
        """Until frame ``index`` was looked at."""
        while self.wait_for("frame")["index"] < index:
            pass

    def command(self, command: str) -> None:
        """Have it done and take note of where its buffers lie."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        done = self.wait_for("done", command=command)
        self.ranges = [(first, last) for first, last in done["ranges"]]

    def ask_ranges(self) -> None:
        """Learn where its buffers lie."""
        self.command("where")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it for the length of a search, so that one moment is seen."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            while Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
                time.sleep(0.001)
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):  # closed while being read
            for line in self._process.stdout:
                self._events.put(json.loads(line))
        self._events.put(None)


def import_path() -> str:
    """Where this process found its modules, absolute, because the subject starts elsewhere."""
    return os.pathsep.join(str(Path(folder).resolve()) for folder in sys.path if folder)
