# SPDX-License-Identifier: Apache-2.0
"""Serialized image messages of a camera before which somebody in white walks by, again."""

from typing import Any

import cv2
import numpy as np
from rosbags.typesys import Stores, get_typestore
from scripted_finder import picture

from privcv_images.bags.image_cdr import COMPRESSED, RAW

S = 10**9
TYPES = get_typestore(Stores.ROS2_JAZZY)
EVERY = 75
"""In so many frames somebody walks through the picture, and is away for a few."""


def make(kind: str, *values: Any) -> Any:
    return TYPES.types[kind](*values)


def header(stamp_ns: int, frame_id: str = "camera_optical") -> Any:
    stamp = make("builtin_interfaces/msg/Time", stamp_ns // S, stamp_ns % S)
    return make("std_msgs/msg/Header", stamp, frame_id)


def image(
    index: int,
    stamp_ns: int,
    kind: str = RAW,
    size: tuple[int, int] = (160, 120),
    encoding: str = "bgr8",
) -> bytes:
    frame = picture(index % EVERY, size)
    if kind == COMPRESSED:
        _, data = cv2.imencode(".jpg", frame)
        message = make(kind, header(stamp_ns), "bgr8; jpeg compressed bgr8", data.reshape(-1))
    else:
        width, height = size
        data = frame.reshape(-1)
        message = make(kind, header(stamp_ns), height, width, encoding, 0, 3 * width, data)
    return bytes(TYPES.serialize_cdr(message, kind))


def camera_info(stamp_ns: int) -> bytes:
    """A camera_info whose bytes belong to that one stamp."""
    kind = "sensor_msgs/msg/CameraInfo"
    roi = make("sensor_msgs/msg/RegionOfInterest", 0, 0, 0, 0, False)
    k = np.full(9, float(stamp_ns % 997))
    message = make(
        kind, header(stamp_ns), 120, 160, "plumb_bob", np.zeros(5), k, k, np.zeros(12), 0, 0, roi
    )
    return bytes(TYPES.serialize_cdr(message, kind))
