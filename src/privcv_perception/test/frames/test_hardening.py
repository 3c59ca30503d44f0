# SPDX-License-Identifier: Apache-2.0
"""A hardened process overwrites what it frees and cannot be read or dumped."""

import subprocess
import sys

SECRET = "bytes(range(33, 97)) * 128"
FREED = f"""
import ctypes, sys
{{harden}}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
block = libc.malloc(ctypes.c_size_t(8192))
ctypes.memmove(block, {SECRET}, 8192)
libc.free(ctypes.c_void_p(block))
left = ctypes.string_at(block + 64, 8064)  # the allocator keeps its own pointers at the start
print(sum(left[i] == ({SECRET})[64 + i] for i in range(8064)))
"""
HARDEN = "from privcv_perception.frames.hardening import harden; report = harden()"


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


# Blocks of up to 1032 bytes stay in a cache of each thread, which glibc does not overwrite; a row
# of an image is larger.
def test_what_is_freed_is_overwritten_only_when_hardened():
    assert int(run(FREED.format(harden=""))) > 8000
    assert int(run(FREED.format(harden=HARDEN))) < 300  # the fill byte may agree by chance


def test_the_report_is_what_the_system_says():
    code = f"""
import os, resource
{HARDEN}
import ctypes
dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
print(report.problems, dumpable, resource.getrlimit(resource.RLIMIT_CORE),
      os.environ["FASTDDS_BUILTIN_TRANSPORTS"])
"""
    assert run(code) == "() 0 (0, 0) UDPv4"


def test_a_transport_that_the_user_chose_is_kept_and_reported():
    code = f"""
import os
os.environ["FASTDDS_BUILTIN_TRANSPORTS"] = "DEFAULT"
{HARDEN}
print(len(report.problems), "DEFAULT" in report.problems[0])
"""
    assert run(code) == "1 True"


def test_hardening_loads_nothing_that_holds_pixels():
    code = f"""
import sys
{HARDEN}
print([name for name in ("numpy", "cv2", "rclpy", "onnxruntime") if name in sys.modules])
"""
    assert run(code) == "[]"


def test_shared_memory_of_the_middleware_is_noticed():
    code = """
import mmap, os
from privcv_perception.frames.hardening import middleware_shared_memory
name = f"/dev/shm/fastrtps_privcv_test_{os.getpid()}"
before = middleware_shared_memory()
with open(name, "w+b") as file:
    os.unlink(name)
    file.truncate(4096)
    mapped = mmap.mmap(file.fileno(), 4096)
    after = middleware_shared_memory()
print(len(before), len(after), after[0].startswith(name))
"""
    assert run(code) == "0 1 True"
