# SPDX-License-Identifier: Apache-2.0
"""A camera for tests: what ``v4l2_device.c`` shows to a process in which it is loaded."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from privcv_perception.residue.process import import_path

SIZE = (64, 48)


class Camera:
    """The emulated camera: ``plug`` it in, ``show`` it pictures, ``unplug`` it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "video0"
        self._shown = 0
        self._frames = -1

    def plug(
        self, fourcc: str = "YUYV", size: tuple[int, int] = SIZE, rate_can_be_set: bool = True
    ) -> "Camera":
        """It has one pixel format, and scales down from one size."""
        mode = f"{fourcc} {size[0]} {size[1]} {rate_can_be_set:d}"
        self.path.with_suffix(".mode").write_text(mode)
        os.mkfifo(self.path)
        self._frames = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self._start()
        return self

    def _start(self) -> None:
        self.show(b"")  # OpenCV skips the first of a stream, which is often broken

    def show(self, *contents: bytes) -> None:
        """Let frames come; none is lost however slowly they are taken."""
        for content in contents:
            self._shown = self._shown % 255 + 1
            self.path.with_suffix(f".{self._shown}").write_bytes(content)
            os.write(self._frames, bytes([self._shown]))

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Frames without content come meanwhile, as who ends a stream waits for the next one."""
        done = threading.Event()

        def go_on() -> None:
            while not done.wait(0.01):
                self.show(b"")

        thread = threading.Thread(target=go_on)
        thread.start()
        yield
        done.set()
        thread.join()
        with contextlib.suppress(BlockingIOError):  # nothing is left for the next stream
            while os.read(self._frames, 1):
                pass
        self._start()

    def unplug(self) -> None:
        """The device is gone, and who waits for a frame of it wakes up."""
        self.path.unlink()
        os.write(self._frames, b"\x01")
        os.close(self._frames)
        self._frames = -1

    @property
    def asked(self) -> list[str]:
        """What the driver was asked for, in order."""
        return self.path.with_suffix(".log").read_text().splitlines()

    def held_by(self, pid: int) -> list[str]:
        """What a process has of the camera: its descriptors and the driver's mapped buffers."""
        ours = str(self._frames) if pid == os.getpid() else ""
        held = []
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):  # closed meanwhile
                link = os.readlink(f"/proc/{pid}/fd/{number}")
                held += [link] if link.startswith(str(self.path)) and number != ours else []
        maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
        return held + [line for line in maps if "/dev/zero" in line]


def in_a_process_with_a_camera(body: Callable[[Camera], None]) -> Callable[[Path, Path], None]:
    """A test that runs ``body`` in a process of its own; what it raises is in the report."""

    def test(device: Path, tmp_path: Path) -> None:
        ended = subprocess.run(
            [sys.executable, body.__code__.co_filename, body.__name__, str(tmp_path)],
            env={**os.environ, **environment(device, tmp_path), "PYTHONPATH": import_path()},
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr

    test.__name__, test.__doc__ = body.__name__, body.__doc__
    BODIES[body.__name__] = body
    return test


BODIES: dict[str, Callable[[Camera], None]] = {}


def run_body() -> None:
    """What the process of its own does: ``FILE NAME FOLDER`` is its command line."""
    BODIES[sys.argv[1]](Camera(Path(sys.argv[2])))


def environment(device: Path, folder: Path) -> dict[str, str]:
    return {"LD_PRELOAD": str(device), "V4L2_DEVICE": str(folder / "video0")}
