# SPDX-License-Identifier: Apache-2.0
"""An encoded image that stays in a process is found; one that is replaced, or none, is not."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from privcv_perception.errors import PerceptionError
from privcv_perception.residue.live_images import left_images

HOLDER = """
import os, sys
held = bytearray(int(sys.argv[1]))
place = 0
while place < len(held):  # straight into the one buffer: nothing else has a copy
    place += os.readv(0, [memoryview(held)[place:]])
print("held", flush=True)
while key := os.read(0, 1):
    held[-200:-100] = key * 100  # another frame takes its place
    print("changed", flush=True)
"""


@contextmanager
def holding(content: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has ``content`` in its memory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(len(content))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(content)
        process.stdin.flush()
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def encoded(kind: str) -> bytes:
    """A noisy image of 64 by 48 px."""
    pixels = np.random.default_rng(7).integers(0, 256, (48, 64, 3), np.uint8)
    return bytes(cv2.imencode(kind, pixels)[1])


@pytest.mark.parametrize(("kind", "name"), [(".jpg", "JPEG"), (".png", "PNG")])
def test_an_image_that_stays_is_found(kind: str, name: str) -> None:
    content = encoded(kind)
    with holding(content) as process:
        found = left_images(process.pid, wait=lambda _: None)
    assert (name, len(content)) in {(image.kind, image.bytes) for image in found}


def test_an_image_that_another_replaces_is_not() -> None:
    with holding(encoded(".jpg")) as process:

        def another(_: float) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"x")
            process.stdin.flush()
            assert process.stdout.readline() == b"changed\n"

        assert left_images(process.pid, wait=another) == []


def test_a_process_without_images_has_none() -> None:
    waits: list[float] = []
    with holding(b"no image " * 1000) as process:
        assert left_images(process.pid, wait=waits.append) == []
    assert waits == []


def test_a_process_that_is_gone_is_told() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(PerceptionError, match="cannot be read"):
        left_images(process.pid)
