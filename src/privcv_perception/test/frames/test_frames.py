# SPDX-License-Identifier: Apache-2.0
"""Frame memory is ours: locked, undumped, hidden from children, and gone when wiped."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

from privcv_perception.frames.buffers import FrameBuffer, PixelBuffer, holdings


def smaps_flags(address: int) -> list[str]:
    """The kernel's flags of the mapping that holds ``address``: 'lo' locked, 'dd' not dumped."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, _, last = line.split()[0].partition("-")
        if last:
            inside = int(first, 16) <= address < int(last, 16)
        elif inside and line.startswith("VmFlags:"):
            return line.split()[1:]
    return []


def test_the_kernel_agrees_that_a_buffer_is_locked_and_kept_out_of_core_dumps():
    buffer = FrameBuffer(64, 48)
    flags = smaps_flags(buffer.address)
    assert buffer.undumped
    assert "dd" in flags
    assert buffer.locked == ("lo" in flags)


def test_a_wipe_leaves_nothing_and_keeps_the_memory_in_place():
    buffer = FrameBuffer(640, 480)
    address = buffer.address
    buffer.pixels[:] = np.arange(640 * 480 * 3, dtype=np.uint64).reshape(480, 640, 3) % 255 + 1
    assert buffer.pixels.all()
    buffer.wipe()
    assert not buffer.pixels.any()
    assert buffer.address == address


def test_a_child_process_sees_no_frame():
    buffer = PixelBuffer((1000,))
    buffer.array.fill(7)
    assert buffer.hidden_from_children
    child = os.fork()
    if child == 0:
        os._exit(int(buffer.array.any()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (buffer.array == 7).all()


def test_any_shape_and_type_can_be_held():
    blob = PixelBuffer((1, 3, 8, 8), np.float32)
    blob.array[:] = 1.5
    assert blob.array.shape == (1, 3, 8, 8)
    assert blob.array.dtype == np.float32
    blob.wipe()
    assert not blob.array.any()


def test_holdings_count_what_lives():
    before = holdings()
    buffer = FrameBuffer(32, 32)
    during = holdings()
    assert during.buffers == before.buffers + 1
    assert during.bytes == before.bytes + 32 * 32 * 3
    assert (buffer.address, buffer.address + 32 * 32 * 3) in during.ranges
    del buffer
    assert holdings().buffers == before.buffers


def test_without_room_to_lock_a_buffer_still_works_and_says_so():
    code = """
import os, resource
from privcv_perception.frames.buffers import FrameBuffer, holdings
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
if os.getuid() == 0:  # root may lock without limit
    os.setuid(65534)
buffer = FrameBuffer(64, 64)
buffer.pixels.fill(9)
print(buffer.locked, holdings().locked_bytes, int(buffer.pixels.sum()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "0", str(9 * 64 * 64 * 3)]
    assert resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] != 0
