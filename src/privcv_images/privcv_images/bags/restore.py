# SPDX-License-Identifier: Apache-2.0
"""Restoration of a P3 bag by its custodian: each image from its public and its secret part."""

import shutil
from pathlib import Path

from privcv_across.sealing.hpke import HpkeKey
from privcv_core.files.input_file import open_input
from privcv_images.bags.bag_copy import BAG, add_connections, message_place
from privcv_images.bags.bag_reader import BagReader
from privcv_images.bags.image_cdr import IMAGE_TYPES, take_apart
from privcv_images.bags.pixels import from_frame, to_frame
from privcv_images.errors import ImagesError
from privcv_images.recordings.sealed_stream import SealedReader, sealed_beside
from privcv_images.redactions.p3 import restore


def restore_bag(source: Path, target: Path, key: HpkeKey) -> int:
    """Write the bag ``source`` with its images as they were, at the quality that was kept, to the
    new folder ``target``; returns how many images were restored.

    What was withheld stays so: nothing of it was kept. Raises ``ImagesError``.
    """
    from rosbags.rosbag2 import StoragePlugin

    from privcv_images.bags.publish_times import TimedWriter

    if target.exists():
        raise ImagesError(f"{target}: exists already, and is not overwritten; name another")
    beside = sealed_beside(source)
    try:
        file = open_input(beside)
    except OSError as error:
        raise ImagesError(f"{beside}: cannot be read: {error.strerror}") from error
    count = 0
    with file, BagReader(source) as bag:
        reader = SealedReader(file, key, str(beside))
        plugin = StoragePlugin.MCAP if bag.storage == "mcap" else StoragePlugin.SQLITE3
        try:
            with TimedWriter(target, version=9, storage_plugin=plugin) as writer:
                made = add_connections(writer, bag)
                for one, time_ns, content in bag.messages(bag.connections):
                    place = message_place(one.topic, content)
                    written = content
                    is_ours = one.msgtype in IMAGE_TYPES and reader.has(place)
                    secret = reader.next(place) if is_ours else b""
                    if secret:
                        written = _restored(content, one.msgtype, secret)
                        count += 1
                    writer.write_timed(made[one.id], time_ns, bag.publish_ns, written)
                reader.end(BAG)
        except BaseException as error:
            shutil.rmtree(target, ignore_errors=True)
            if isinstance(error, OSError):
                raise ImagesError(f"{target}: cannot be written: {error}") from error
            raise
    return count


def _restored(content: bytes, kind: str, secret: bytes) -> bytes:
    image = take_apart(content, kind)
    frame = to_frame(image, kind)
    restore(frame, secret)
    return from_frame(frame, image, kind)
