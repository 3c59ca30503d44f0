# SPDX-License-Identifier: Apache-2.0
"""No pixel is left in a camera process half a second after its last frame.

The audit itself is audited: a process without protection must be caught, and the scanner must
find what was put into memory, shared memory and files.
"""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from privcv_perception.detection.onnx.blob import rearranged
from privcv_perception.errors import PerceptionError
from privcv_perception.residue.audit import MOMENTS, Finding, audit
from privcv_perception.residue.canary import (
    Canary,
    Pattern,
    patterns_of_image,
    patterns_of_video,
    write_video,
)
from privcv_perception.residue.scan import Hit, scan_files, scan_memory
from privcv_perception.residue.verdict import problems

SIZE = (320, 240)
BUILTIN = {"kind": "builtin"}
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can read the memory of a protected process"
)


# Builds a secret in its memory, in a file and in shared memory; argv holds it only in disguise.
HOLDER = """
import mmap, sys, tempfile
secret = bytes(x ^ 0x55 for x in bytes.fromhex(sys.argv[1]))
anonymous = mmap.mmap(-1, 4096 * 3)
anonymous[4096 - 20 : 4096 - 20 + len(secret)] = secret  # across two pages
named = open("left.bin", "wb"); named.write(b"x" * 5000 + secret + secret); named.flush()
shared = open("/dev/shm/" + sys.argv[2], "w+b"); shared.write(secret); shared.flush()
del secret
print("ready", flush=True); sys.stdin.read()
"""


@needs_root
def test_the_scanner_finds_what_is_in_memory_files_and_shared_memory(tmp_path: Path):
    secret = os.urandom(64)
    name = f"privcv-test-{os.getpid()}"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, bytes(x ^ 0x55 for x in secret).hex(), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        patterns = [Pattern("frame", secret, 2), Pattern("frame", os.urandom(64), 2)]
        memory = scan_memory(process.pid, patterns, [])
        assert sum(hit.count for hit in memory) >= 1
        hits = scan_files(process.pid, [tmp_path], patterns)
        found = {(hit.owner, Path(hit.where).name): (hit.count, hit.frames) for hit in hits}
        assert found == {("file", "left.bin"): (2, 1.0), ("shared memory", name): (1, 0.5)}
    finally:
        process.kill()
        process.communicate()
        Path("/dev/shm", name).unlink(missing_ok=True)


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "ffv1"])
def test_a_canary_is_recognised_in_every_frame_of_every_codec(codec, tmp_path: Path):
    canary, other = Canary.random(*SIZE).frame, Canary.random(*SIZE).frame
    path = tmp_path / f"v.{'mp4' if codec == 'mpeg4' else 'avi'}"
    write_video(path, codec, [canary] * 3 + [other] * 3, 10)
    patterns = patterns_of_video(path, 3)
    capture = cv2.VideoCapture(str(path))
    shares = []
    while (read := capture.read())[0]:
        image = read[1].tobytes()
        shares.append(
            sum(image.count(p.needle) / p.per_frame for p in patterns if p.form == "frame")
        )
    assert shares == pytest.approx([1, 1, 1, 0, 0, 0], abs=0.1)


def test_a_canary_is_recognised_as_grey_luma_and_network_input():
    image = Canary.random(*SIZE).frame
    planes = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)
    assert frames_of(image, "input", planes) == 3
    assert frames_of(image, "grey", np.ascontiguousarray(image[..., 1])) == 1


def test_a_canary_is_recognised_on_the_way_into_a_network_that_takes_blocks():
    image = Canary.random(*SIZE).frame
    blocks = rearranged(image.transpose(2, 0, 1)[None], ((0, 0), (1, 0), (0, 1), (1, 1)))
    assert frames_of(image, "plane", blocks) == 3
    assert frames_of(image, "input", blocks.astype(np.float32)) == 3


def frames_of(image: np.ndarray, form: str, memory: np.ndarray) -> float:
    """How much of the image, in this form, the audit would find in this memory."""
    content = memory.tobytes()
    found = [p for p in patterns_of_image(image) if p.form == form]
    return sum(content.count(p.needle) / p.per_frame for p in found)


def test_two_runs_never_share_a_canary():
    first, second = (Canary.random(*SIZE).frame for _ in range(2))
    assert (first != second).any()
    with pytest.raises(PerceptionError, match="multiples of 16"):
        Canary.random(100, 100)


@needs_root
def test_half_a_second_after_the_last_frame_nothing_is_left_and_the_control_is_caught():
    protected = audit("mpeg4", SIZE, BUILTIN)
    control = audit("mpeg4", SIZE, BUILTIN, protected=False)
    assert problems([*protected, *control]) == []
    playing, running, paused, ended = protected
    assert [finding.moment for finding in protected] == list(MOMENTS)
    assert playing.pixels or playing.packets, "the frames never were in the process"
    assert running.frames() == paused.frames() == ended.frames() == 0
    assert paused.packet_count == ended.packet_count == 0
    assert control[3].frames("our buffers") >= 1


@needs_root
@pytest.mark.graph
def test_images_from_a_topic_leave_nothing_with_the_shipped_environment(ros_domain: int):
    pytest.importorskip("rclpy", reason="needs ROS 2")
    from privcv_core.node.environment import camera_environment
    from privcv_perception.residue.topic_audit import audit_topic

    alone = {"ROS_DOMAIN_ID": str(ros_domain)}
    shipped = {**camera_environment(), **alone}
    protected = audit_topic(SIZE, BUILTIN, shipped)
    control = audit_topic(SIZE, BUILTIN, alone, followed_by=0, protected=False)
    assert problems([*protected, *control]) == []
    assert all(finding.frames() == 0 for finding in protected)
    assert control[0].frames("shared memory") > 0


def finding(moment: str, *pixels: Hit, packets: tuple[Hit, ...] = (), on: bool = True) -> Finding:
    return Finding("mjpeg", on, moment, pixels, packets, 1.0)


def hit(owner, frames: float = 1.0) -> Hit:
    return Hit(owner, "frame", 10, frames, "somewhere")


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([finding(MOMENTS[0])], "blind"),
        ([finding(MOMENTS[0], hit("our buffers"))], None),
        ([finding(MOMENTS[1], hit("our buffers"))], "1.000 frames in our buffers"),
        ([finding(MOMENTS[0], hit("heap"))], None),
        ([finding(MOMENTS[1], hit("heap", 0.25))], "0.250 frames in heap"),
        ([finding(MOMENTS[1], packets=(hit("heap"),))], None),
        ([finding(MOMENTS[2], packets=(hit("heap"),))], "pieces of compressed"),
        ([finding(MOMENTS[3], hit("shared memory"))], "in shared memory"),
        ([finding(MOMENTS[3], hit("heap"), on=False)], "control's buffers"),
        ([finding(MOMENTS[3], hit("our buffers"), on=False)], None),
    ],
)
def test_the_verdict(findings: list[Finding], words: str | None):
    wrong = problems(findings)
    assert (words is None and wrong == []) or any(words in problem for problem in wrong)
