# SPDX-License-Identifier: Apache-2.0
"""An emulated V4L2 camera under OpenCV's own V4L2 code: pictures, wishes, loss, return, release.

``v4l2_device.c`` answers the system calls that OpenCV makes; only what it answers is not real.
It has to be there when a process starts, so that each test here is run in a process of its own.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from v4l2_camera import SIZE, Camera, environment, in_a_process_with_a_camera, run_body

from privcv_perception.camera.loop import CameraLoop
from privcv_perception.detection.detector import Detections
from privcv_perception.errors import SourceLostError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.frames.dropped import Dropped
from privcv_perception.residue.audit import Search
from privcv_perception.residue.canary import Canary, Pattern, patterns_of_image
from privcv_perception.residue.process import SubjectProcess
from privcv_perception.sources import SourceSettings
from privcv_perception.sources.live import LiveSource

Luma = NDArray[np.uint8]
NODE = (
    pytest.mark.graph,
    pytest.mark.skipif(find_spec("rclpy") is None, reason="needs ROS 2"),
    pytest.mark.skipif(find_spec("privcv_msgs") is None, reason="needs the built workspace"),
)


@pytest.fixture(scope="session")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a process see the emulated camera."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler (cc)")
    library = tmp_path_factory.mktemp("v4l2") / "v4l2_device.so"
    source = Path(__file__).with_name("v4l2_device.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    return library


def source_of(camera: Camera, **more: object) -> LiveSource:
    settings = {"kind": "v4l2", "uri": str(camera.path), "stall_s": 20.0, **more}
    return LiveSource(SourceSettings.model_validate(settings))


def close(source: LiveSource, camera: Camera) -> None:
    with camera.going_on():
        source.close()


def picture(number: int, size: tuple[int, int] = SIZE) -> Luma:
    """Luma of a picture that tells its number: brighter with it on the left, darker on the right"""
    luma = np.full(size[::-1], 16 + 10 * number, np.uint8)
    luma[:, size[0] // 2 :] = 235 - 10 * number
    return luma


def yuyv(luma: Luma, blueness: int = 128, redness: int = 128) -> bytes:
    """Packed pixels, two of which share their colour."""
    packed = np.stack([luma, np.full_like(luma, blueness)], axis=-1)
    packed[:, 1::2, 1] = redness
    return packed.tobytes()


def bgr(luma: Luma) -> NDArray[np.uint8]:
    """ITU-R BT.601 without colour: 16 is black, 235 is white."""
    grey = np.round((luma.astype(float) - 16) * 255 / 219).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def read(source: LiveSource) -> NDArray[np.int16]:
    """The next frame, signed so that it can be subtracted."""
    frame = FrameBuffer(*source.size)
    assert source.read(frame) is not None
    return frame.pixels.astype(np.int16)


def same(pixels: NDArray[np.int16], expected: NDArray[np.uint8], within: int = 2) -> bool:
    return pixels.shape == expected.shape and bool((abs(pixels - expected) <= within).all())


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.005)


@in_a_process_with_a_camera
def test_each_frame_arrives_with_its_content_and_a_later_time(camera: Camera):
    source = source_of(camera.plug())
    source.open()
    assert source.size == SIZE
    frame, times = FrameBuffer(*SIZE), []
    for number in range(12):
        camera.show(yuyv(picture(number)))
        stamp = source.read(frame)
        assert stamp is not None
        assert stamp.index == number
        assert same(frame.pixels.astype(np.int16), bgr(picture(number)))
        times.append(stamp.time_ns)
    assert times == sorted(set(times))
    camera.show(yuyv(np.full(SIZE[::-1], 82, np.uint8), blueness=90, redness=240))
    red = np.tile(np.array([0, 0, 255], np.uint8), (SIZE[1], SIZE[0], 1))
    assert same(read(source), red, within=4)
    assert source.dropped == 0
    close(source, camera)


@in_a_process_with_a_camera
def test_a_slow_reader_gets_the_newest_frame_and_the_others_are_counted(camera: Camera):
    source = source_of(camera.plug())
    source.open()
    camera.show(*(yuyv(picture(number)) for number in range(10)))
    until(lambda: source.dropped == 9)
    assert same(read(source), bgr(picture(9)))
    camera.show(yuyv(picture(3)))
    assert same(read(source), bgr(picture(3)))
    assert source.dropped == 9
    close(source, camera)


@in_a_process_with_a_camera
def test_the_size_and_rate_that_are_wished_for_reach_the_driver(camera: Camera):
    camera.plug(size=(640, 480))
    source = source_of(camera, width=320, height=240, fps=7.5)
    source.open()
    assert source.size == (320, 240)
    camera.show(yuyv(picture(1, (320, 240))))
    assert same(read(source), bgr(picture(1, (320, 240))))
    assert [line for line in camera.asked if line.startswith("S_FMT")][-1] == "S_FMT 320 240"
    assert [line for line in camera.asked if line.startswith("S_PARM")][-1] == "S_PARM 1 8"
    close(source, camera)


@in_a_process_with_a_camera
def test_a_camera_that_has_one_size_and_one_rate_is_taken_as_it_is(camera: Camera):
    source = source_of(camera.plug(rate_can_be_set=False), width=1920, height=1080, fps=500)
    source.open()
    assert source.size == SIZE
    camera.show(yuyv(picture(5)))
    assert same(read(source), bgr(picture(5)))
    close(source, camera)


def test_a_width_without_a_height_is_refused():
    with pytest.raises(ValidationError, match="give both or neither"):
        SourceSettings(kind="v4l2", uri="0", width=320)


@in_a_process_with_a_camera
def test_an_index_names_the_device_too(camera: Camera):
    camera.plug()
    for uri in ("0", "/dev/video0"):
        source = source_of(camera, uri=uri)
        source.open()
        camera.show(yuyv(picture(2)))
        assert same(read(source), bgr(picture(2)))
        close(source, camera)
    with pytest.raises(SourceLostError, match="v4l2 99: cannot be opened; check that the device"):
        source_of(camera, uri="99").open()


@in_a_process_with_a_camera
def test_a_camera_in_use_is_an_error_that_says_so_and_disturbs_nobody(camera: Camera):
    first, second = source_of(camera.plug()), source_of(camera)
    first.open()
    with pytest.raises(SourceLostError, match=r"cannot be opened.*no other program uses it"):
        second.open()
    camera.show(yuyv(picture(1)))
    assert same(read(first), bgr(picture(1)))
    close(first, camera)
    second.open()
    camera.show(yuyv(picture(2)))
    assert same(read(second), bgr(picture(2)))
    close(second, camera)


@in_a_process_with_a_camera
def test_every_pixel_format_gives_the_right_picture(camera: Camera):
    luma = picture(7)
    full = bgr(luma)
    grey = full[..., 0]
    formats = {
        "YUYV": yuyv(luma),
        "UYVY": np.frombuffer(yuyv(luma), np.uint8).reshape(-1, 2)[:, ::-1].tobytes(),
        "NV12": luma.tobytes() + bytes([128]) * (luma.size // 2),
        "BGR3": full.tobytes(),
        "RGB3": full[..., ::-1].tobytes(),
        "GREY": grey.tobytes(),
        "Y16 ": (grey.astype("<u2") * 256).tobytes(),
        "MJPG": cv2.imencode(".jpg", full, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes(),
    }
    for fourcc, content in formats.items():
        source = source_of(camera.plug(fourcc))
        source.open()
        camera.show(content)
        assert same(read(source), full, within=6), fourcc
        close(source, camera)
        camera.unplug()


@in_a_process_with_a_camera
def test_a_pixel_format_that_cannot_be_read_is_an_error_that_says_so(camera: Camera):
    with pytest.raises(SourceLostError, match="that it gives raw images or MJPEG"):
        source_of(camera.plug("H264")).open()
    assert camera.held_by(os.getpid()) == []


@in_a_process_with_a_camera
def test_a_broken_frame_is_dropped_and_the_next_one_taken(camera: Camera):
    whole = {"BGR3": bgr(picture(4)).tobytes()}
    whole["MJPG"] = cv2.imencode(".jpg", bgr(picture(4)))[1].tobytes()
    for fourcc, content in whole.items():
        source = source_of(camera.plug(fourcc))
        dropped: list[Dropped] = []
        source.on_drop = lambda stamp, why, dropped=dropped: dropped.append(why)
        source.open()
        camera.show(b"", b"" if fourcc == "MJPG" else content[:1000])
        until(lambda dropped=dropped: dropped == [Dropped.UNDECODABLE] * 2)
        camera.show(content)
        assert same(read(source), bgr(picture(4)), within=6)
        close(source, camera)
        camera.unplug()


@in_a_process_with_a_camera
def test_a_change_of_size_while_it_runs_is_an_error_that_says_so(camera: Camera):
    source = source_of(camera.plug("MJPG"))
    source.open()
    camera.show(cv2.imencode(".jpg", bgr(picture(4, (32, 16))))[1].tobytes())
    with pytest.raises(SourceLostError, match="changed its frame size to 32x16 px"):
        read(source)
    source.close()
    assert camera.held_by(os.getpid()) == []


@in_a_process_with_a_camera
def test_a_camera_that_hangs_is_lost_and_let_go_after_the_stall_time(camera: Camera):
    source = source_of(camera.plug(), stall_s=0.5)
    source.open()
    with pytest.raises(SourceLostError, match=r"gave no frame for 0\.5 s"):
        read(source)
    source.close()
    assert {line for line in camera.asked if line.startswith("select")} == {"select 1 0"}
    assert camera.held_by(os.getpid()) == []


@in_a_process_with_a_camera
def test_a_camera_that_is_unplugged_is_taken_up_again_whatever_its_size_is_then(camera: Camera):
    class Nobody:
        def detect(self, frame: NDArray[np.uint8], stamp_s: float) -> Detections:
            return Detections.empty()

        def wipe(self) -> None: ...
        def close(self) -> None: ...

    camera.plug()
    source = source_of(camera, retry_first_s=0.1, retry_longest_s=0.1)
    sizes: list[tuple[int, int]] = []
    seen = threading.Semaphore(0)

    def deliver(stamp: object, size: tuple[int, int], people: Detections) -> None:
        sizes.append(size)
        seen.release()

    loop = CameraLoop(source._settings, source, lambda size: Nobody(), deliver)
    loop.start()
    camera.show(yuyv(picture(1)))
    assert seen.acquire(timeout=30)
    assert len(camera.held_by(os.getpid())) > 1
    camera.unplug()
    until(lambda: loop.status.reopened > 0)
    assert camera.held_by(os.getpid()) == []
    until(lambda: "cannot be opened" in loop.status.reason)
    camera.plug(size=(96, 64))
    camera.show(yuyv(picture(1, (96, 64))))
    assert seen.acquire(timeout=30)
    with camera.going_on():
        loop.pause()
    assert sizes == [SIZE, (96, 64)]
    assert camera.asked[-2:] == ["STREAMOFF 0 0", "REQBUFS 0 1"]
    assert camera.held_by(os.getpid()) == []


@in_a_process_with_a_camera
def test_an_unplugged_camera_says_what_to_check(camera: Camera):
    source = source_of(camera.plug())
    source.open()
    camera.show(yuyv(picture(1)))
    read(source)
    camera.unplug()
    with pytest.raises(SourceLostError, match=r"ended or gave no frame.*check its power, cable"):
        read(source)
    source.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read a protected process")
@pytest.mark.parametrize("subject", ["subject", pytest.param("node_subject", marks=NODE)])
def test_no_pixel_is_left_once_it_was_replaced_paused_or_unplugged(
    subject: str, device: Path, tmp_path: Path
):
    module = f"privcv_perception.residue.{subject}"
    size = (320, 240)
    pair = [Canary.random(*size).frame[..., 0] for _ in range(2)]
    other = yuyv(Canary.random(*size).frame[..., 0])
    canaries = [yuyv(luma) for luma in pair]
    search = Search("raw", True, [], [])
    for luma, raw in zip(pair, canaries, strict=True):
        packed = np.frombuffer(raw, np.uint8).reshape(size[1], size[0], 2)
        search.pixels.extend(patterns_of_image(cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_YUYV)))
        search.packets.append(Pattern("packet", raw[:32], luma.size // 16))
    camera = Camera(tmp_path).plug(size=size)
    source = {"kind": "v4l2", "uri": str(camera.path), "retry_first_s": 60, "retry_longest_s": 60}
    request = {"source": source, "detector": {"kind": "builtin"}, "harden": True, "wipe": True}
    with SubjectProcess(request, tmp_path, module, environment(device, tmp_path)) as process:

        def show(frames: list[bytes], index: int) -> None:
            for frame in frames:
                camera.show(frame)
                process.wait_for("frame", index=index)
                index += 1
            process.ask_ranges()

        show(canaries * 4, 0)
        last = search.now(process, "the canary is the last frame", None)
        assert {hit.where for hit in last.packets} == {"/dev/zero (deleted)"}
        assert sum(hit.frames for hit in last.packets) == pytest.approx(4)  # the driver's buffers
        assert 0 < last.frames() <= 1  # OpenCV's last image
        assert last.frames("our buffers") == 0

        show([other] * 5, 8)
        after = search.now(process, "others go on", None)
        assert (after.pixels, after.packets) == ((), ())

        show(canaries, 13)
        with camera.going_on():
            process.command("pause")
        paused = search.now(process, "paused", None)
        assert (paused.pixels, paused.packets) == ((), ())
        assert camera.held_by(process.pid) == []

        process.command("start")
        show(canaries, 0)
        camera.unplug()
        until(lambda: camera.held_by(process.pid) == [])
        process.ask_ranges()
        gone = search.now(process, "unplugged", None)
        assert (gone.pixels, gone.packets) == ((), ())


if __name__ == "__main__":
    run_body()
