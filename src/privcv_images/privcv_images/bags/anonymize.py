# SPDX-License-Identifier: Apache-2.0
"""Bag anonymizer: the bag again with nobody in its images, all other messages byte for byte.

Each image topic is read ahead on its own, to find who is where before and after; the messages are
copied behind that, so that memory does not grow with the bag.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from privcv_core.protocol.timestamps import s_from_ns
from privcv_images.bags.bag_copy import BAG, add_connections, message_place
from privcv_images.bags.bag_reader import BagReader
from privcv_images.bags.image_cdr import ImageCdr, take_apart
from privcv_images.bags.pixels import encoding_problem, from_frame, to_frame
from privcv_images.bags.topics import check_kept, problem_of, refuse
from privcv_images.errors import ImagesError
from privcv_images.hiding.found import Found, FramePlan
from privcv_images.hiding.stream import plan_stream
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.manifest import NOT_ANONYMOUS, Tally
from privcv_images.recordings.redactor import Redactor
from privcv_images.recordings.scene_picture import empty_scene, sampled
from privcv_images.recordings.sealed_stream import SealedStream
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redaction_registry import needs_scene
from privcv_perception.detection.detector import Detections, Frame

GapFilledFinder = partial(Finder, filled=True)

SIZE_UNKNOWN = (16, 16)
"""Of frames before the first that can be read: nothing of them is shown, so that any will do."""


@dataclass(frozen=True)
class Bagged:
    """What was made: what became of each image topic's frames; other messages; what was kept."""

    images: dict[str, Tally]
    copied: dict[str, int]
    kept: tuple[str, ...]
    anonymous: bool


class BagAnonymizer:
    """Bag anonymizer with ``settings``; ``make_finder`` gives each image topic one of its own."""

    def __init__(
        self,
        settings: ImagesSettings,
        make_finder: Callable[[ImagesSettings], Finder] = GapFilledFinder,
        *,
        weak: bool = False,
        keep: Sequence[str] = (),
        progress: Callable[[int], None] = lambda messages: None,
    ) -> None:
        self._settings, self._make_finder = settings, make_finder
        self._weak, self._keep, self._progress = weak, tuple(keep), progress

    def run(self, source: Path, target: Path, storage: str = "") -> Bagged:
        """Write the bag ``source`` to the new folder ``target``, in its own or another ``storage``.

        Raises ``ImagesError``, ``ModelError`` and ``SettingsError``; nothing is left then.
        """
        if target.exists():
            raise ImagesError(f"{target}: exists already, and is not overwritten; name another")
        with contextlib.ExitStack() as opened:
            bag = opened.enter_context(BagReader(source))
            self._check(bag)
            topics = {
                one.topic: opened.enter_context(_ImageTopic(source, one.topic, self))
                for one in bag.images
                if one.topic not in self._keep
            }
            sealed: SealedStream | None = None
            for topic in topics.values():  # one file for all of them
                sealed = opened.enter_context(topic.redactor.sealing(target))
                break
            try:
                return self._copy(bag, topics, target, storage or bag.storage, sealed)
            except BaseException as error:
                shutil.rmtree(target, ignore_errors=True)
                if isinstance(error, OSError):
                    raise ImagesError(f"{target}: cannot be written: {error}") from error
                raise

    def _check(self, bag: BagReader) -> None:
        check_kept(bag.path, self._keep, {one.topic for one in bag.connections})
        problems = {
            one.topic: problem
            for one in bag.connections
            if (problem := problem_of(one.msgtype, bag.fields_of(one)))
        }
        for one in bag.images:  # by its first message; a later one of another kind ends the copy
            for _, _, content in bag.messages([one]):
                image = take_apart(content, one.msgtype)
                if problem := encoding_problem(one.msgtype, image.encoding):
                    problems[one.topic] = problem
                break
        refuse(bag.path, problems, self._keep)

    def _copy(
        self,
        bag: BagReader,
        topics: dict[str, "_ImageTopic"],
        target: Path,
        storage: str,
        sealed: SealedStream | None,
    ) -> Bagged:
        from rosbags.rosbag2 import StoragePlugin

        from privcv_images.bags.publish_times import TimedWriter

        plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
        copied: dict[str, int] = {}
        anonymous = all(topic.redactor.anonymous for topic in topics.values())
        with TimedWriter(target, version=9, storage_plugin=plugin) as writer:
            writer.set_custom_data("privcv", "anonymized" if anonymous else NOT_ANONYMOUS)
            made = add_connections(writer, bag)
            for count, (one, time_ns, content) in enumerate(bag.messages(bag.connections), 1):
                if one.topic in topics:
                    topic = topics[one.topic]
                    written = topic.redacted(content, one.msgtype, time_ns)
                    if sealed is not None and written is not None:
                        sealed.add(topic.redactor.secret, message_place(one.topic, written))
                else:
                    written = content
                    copied[one.topic] = copied.get(one.topic, 0) + 1
                if written is not None:
                    writer.write_timed(made[one.id], time_ns, bag.publish_ns, written)
                self._progress(count)
            if sealed is not None:
                sealed.end(BAG)
        for topic in topics.values():
            topic.tally.text_labels = topic.redactor.label_counts
        images = {name: topic.tally for name, topic in sorted(topics.items())}
        return Bagged(images, dict(sorted(copied.items())), tuple(sorted(self._keep)), anonymous)


class _ImageTopic:
    """One image topic, read ahead by a reader of its own."""

    def __init__(self, source: Path, topic: str, owner: BagAnonymizer) -> None:
        self._settings = owner._settings
        self._topic = topic
        self._bag = BagReader(source)
        self._connections = [one for one in self._bag.images if one.topic == topic]
        self._finder = owner._make_finder(self._settings)
        scene = None
        if needs_scene(self._settings.redaction):
            frames = (frame for _, frame in self._frames() if frame is not None)
            scene = empty_scene(sampled(frames), self._finder, self._settings)
            self._finder.begin_anew()
        self.redactor = Redactor(self._settings, scene, weak=owner._weak)
        self.tally = Tally()
        self._plans: Iterator[FramePlan] = plan_stream(self._found(), self._settings.hiding)

    def redacted(self, content: bytes, kind: str, time_ns: int) -> bytes | None:
        """The message without anybody in it; None where it is withheld."""
        plan = next(self._plans)
        image, frame = _read(content, kind, self._topic)
        stamp_ns = _stamp_ns(image, time_ns)
        self.tally.add(stamp_ns, plan.withheld)
        if plan.withheld is not None or image is None or frame is None:
            return None
        self.redactor.redact(frame, plan.regions, s_from_ns(stamp_ns))
        comment = "" if self.redactor.anonymous else NOT_ANONYMOUS
        return from_frame(frame, image, kind, comment)

    def _frames(self) -> Iterator[tuple[int, Frame | None]]:
        for one, time_ns, content in self._bag.messages(self._connections):
            image, frame = _read(content, one.msgtype, self._topic)
            yield _stamp_ns(image, time_ns), frame

    def _found(self) -> Iterator[tuple[tuple[int, int], Found]]:
        size = SIZE_UNKNOWN
        for stamp_ns, frame in self._frames():
            stamp_s = s_from_ns(stamp_ns)
            if frame is None:
                yield size, Found(stamp_s, Detections.empty(), failed="undecodable")
            else:
                size = (frame.shape[1], frame.shape[0])
                yield size, self._finder.find(frame, stamp_s)

    def __enter__(self) -> "_ImageTopic":
        return self

    def __exit__(self, *_: object) -> None:
        self._bag.close()


def _read(content: bytes, kind: str, topic: str) -> tuple[ImageCdr | None, Frame | None]:
    """The message taken apart, and its frame, each None where it cannot be read.

    Raises ``ImagesError`` for an encoding that is not redacted: it is not what came before.
    """
    try:
        image = take_apart(content, kind)
    except ImagesError:
        return None, None
    if problem := encoding_problem(kind, image.encoding):
        raise ImagesError(f"{topic}: holds {problem}: record it without, or --keep {topic}")
    try:
        return image, to_frame(image, kind)
    except ImagesError:
        return image, None


def _stamp_ns(image: ImageCdr | None, time_ns: int) -> int:
    """Event time: the header's, or where that says nothing, when it was recorded."""
    return image.stamp_ns if image is not None and image.stamp_ns > 0 else time_ns
