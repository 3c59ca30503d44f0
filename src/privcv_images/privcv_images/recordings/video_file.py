# SPDX-License-Identifier: Apache-2.0
"""Redaction of a video: read twice, the second time behind what is known of the first.

What is written is encoded from pixels: sound, subtitles, chapters, places and names of the input
stay behind. A withheld frame is grey, so that the times of the others stay.
"""

import contextlib
import glob
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

from privcv_core.files.folder import remove, rename
from privcv_core.files.input_file import digest_input
from privcv_images.errors import ImagesError
from privcv_images.hiding.found import Found
from privcv_images.hiding.stream import plan_stream
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.found_store import FoundStore
from privcv_images.recordings.manifest import Tally
from privcv_images.recordings.redactor import Redactor
from privcv_images.recordings.scene_picture import empty_scene, sampled
from privcv_images.recordings.sealed_stream import SealedStream
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redaction_registry import needs_scene
from privcv_perception.detection.detector import Detections, Frame
from privcv_perception.errors import BadFrameError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources.file import FileSource
from privcv_perception.sources.settings import SourceSettings

CODECS = {".avi": "MJPG", ".mp4": "mp4v", ".mkv": "mp4v"}
"""File name's end to what OpenCV encodes with."""

VIDEOS = frozenset({*CODECS, ".mov", ".webm", ".m4v", ".264", ".h264", ".mpg", ".mpeg", ".ts"})
FPS_UNKNOWN = 25.0


class VideoTask:
    """Redaction of videos with ``settings``; ``progress`` gets the frames written so far."""

    def __init__(
        self,
        settings: ImagesSettings,
        finder: Finder,
        *,
        weak: bool = False,
        progress: Callable[[int], None] = lambda frames: None,
    ) -> None:
        self._settings, self._finder = settings, finder
        self._weak, self._progress = weak, progress

    def run(self, source: Path, target: Path, store: FoundStore | None = None) -> Tally:
        """Write the video ``source`` without people to ``target``, which must not exist.

        ``store``: what an earlier run found, and where this one keeps what it finds.

        Raises ``ImagesError``, ``SourceError`` and ``SettingsError``; nothing is left then.
        """
        self._finder.begin_anew()
        scene = None
        if needs_scene(self._settings.redaction):
            frames = (frame for _, frame in frames_of(source) if frame is not None)
            scene = empty_scene(sampled(frames), self._finder, self._settings)
            self._finder.begin_anew()
        redactor = Redactor(self._settings, scene, weak=self._weak)
        if store is not None and store.before:
            _remove_left_behind(target)
        with new_video(target) as unfinished, redactor.sealing(target) as sealed:
            tally = self._write(source, unfinished, redactor, store, sealed)
            if sealed is not None:
                sealed.end(digest_input(unfinished).encode())
        tally.text_labels = redactor.label_counts
        return tally

    def _write(
        self,
        source: Path,
        target: Path,
        redactor: Redactor,
        store: FoundStore | None,
        sealed: SealedStream | None,
    ) -> Tally:
        """The frames, without people, into the new file ``target``."""
        tally = Tally()
        plans = plan_stream(self._found(source, store), self._settings.hiding)
        writer: cv2.VideoWriter | None = None
        written = 0
        try:
            for (stamp, frame), plan in zip(frames_of(source), plans, strict=True):
                tally.add(stamp.time_ns, plan.withheld)
                if frame is None:
                    continue  # before the first that can be decoded no size is known
                if writer is None:
                    writer = open_writer(target, source, frame)
                if plan.withheld is None:
                    redactor.redact(frame, plan.regions, stamp.time_s)
                else:
                    redactor.withhold(frame)
                writer.write(frame)
                if sealed is not None:
                    sealed.add(
                        redactor.secret if plan.withheld is None else b"", frame_place(written)
                    )
                written += 1
                self._progress(tally.frames)
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            raise ImagesError(f"{source}: holds no frame that can be decoded")
        return tally

    def _found(
        self, video: Path, store: FoundStore | None
    ) -> Iterator[tuple[tuple[int, int], Found]]:
        before = [] if store is None else store.before
        for index, (stamp, frame) in enumerate(frames_of(video)):
            if frame is None:
                size = self._size_of(video)
                found = Found(stamp.time_s, Detections.empty(), failed="undecodable")
            else:
                size = frame.shape[1], frame.shape[0]
                if index < len(before):
                    found = before[index]
                    self._finder.passed(found)
                else:
                    found = self._finder.find(frame, stamp.time_s)
            if store is not None and index >= len(before):
                store.add(found)
            yield size, found

    def _size_of(self, video: Path) -> tuple[int, int]:
        return _opened(video).size


@contextlib.contextmanager
def new_video(target: Path) -> Iterator[Path]:
    """A place to write a video to, which becomes ``target`` once the ``with`` block has ended well.

    Raises ``ImagesError`` where ``target`` is there by then; nothing is left of what failed.
    """
    unfinished = target.with_name(f".{target.stem}.{secrets.token_hex(8)}{target.suffix}")
    try:
        yield unfinished
        if target.exists():
            raise ImagesError(f"{target}: exists by now; it is not overwritten")
        rename(unfinished, target.name)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(unfinished)
        raise


def frame_place(index: int) -> bytes:
    """By what the secret part of a video's frame is told."""
    return b"frame %d" % index


def _remove_left_behind(target: Path) -> None:
    """What a run that was killed had written of ``target``."""
    for path in target.parent.glob(f".{glob.escape(target.stem)}.{'[0-9a-f]' * 16}{target.suffix}"):
        with contextlib.suppress(OSError):
            remove(path)


def _opened(video: Path) -> FileSource:
    source = FileSource(
        SourceSettings(kind="file", uri=str(video.absolute()), start="1970-01-01T00:00:00Z")
    )
    source.open()
    return source


def frames_of(video: Path) -> Iterator[tuple[FrameStamp, Frame | None]]:
    """Each frame with its time from the first; None for one that cannot be decoded.

    The array is the same each time, and wiped at the end.
    """
    source = _opened(video)
    buffer = FrameBuffer(*source.size)
    last = FrameStamp(-1, 0)
    try:
        while True:
            try:
                stamp = source.read(buffer)
            except BadFrameError as error:
                last = error.stamp or FrameStamp(last.index + 1, last.time_ns)
                yield last, None
                continue
            if stamp is None:
                return
            last = stamp
            yield stamp, buffer.pixels
    finally:
        buffer.wipe()
        source.close()


def open_writer(path: Path, source: Path, frame: Frame) -> cv2.VideoWriter:
    """A new video ``path`` of frames like ``frame``, as fast as ``source``. ``ImagesError``."""
    opened = _opened(source)
    fps = opened.fps or FPS_UNKNOWN
    opened.close()
    codec = cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
    writer = cv2.VideoWriter(str(path), codec, fps, (frame.shape[1], frame.shape[0]))
    if not writer.isOpened():
        raise ImagesError(f"{path.parent}: no video can be written there")
    return writer
