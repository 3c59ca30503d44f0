# SPDX-License-Identifier: Apache-2.0
"""A camera driver for the audit: publishes still images on an image topic.

``python -m privcv_perception.residue.publisher TOPIC FPS FILE COUNT [FILE COUNT ...]`` waits for a
subscriber, then publishes each image file (lossless) so many times, and stays silent until its
standard input ends. The stamp of image i is i s, so that it can be told apart.
"""

import sys
import time
from array import array

import cv2
import rclpy
from sensor_msgs.msg import Image

from privcv_core.node.qos import RELIABLE


def main() -> None:
    """Publish, and wait to be ended."""
    topic, fps, *rest = sys.argv[1:]
    rclpy.init()
    node = rclpy.create_node("audit_publisher")
    publisher = node.create_publisher(Image, topic, RELIABLE)
    while publisher.get_subscription_count() == 0:
        time.sleep(0.05)
    time.sleep(0.5)  # the other side has matched as well
    number = 0
    for name, count in zip(rest[::2], rest[1::2], strict=True):
        image = cv2.imread(name, cv2.IMREAD_COLOR)
        assert image is not None, name
        for _ in range(int(count)):
            number += 1
            publisher.publish(_message(image, number))
            time.sleep(1 / float(fps))
    sys.stdin.read()
    node.destroy_node()
    rclpy.shutdown()


def _message(image: cv2.typing.MatLike, number: int) -> Image:
    message = Image(height=image.shape[0], width=image.shape[1], encoding="bgr8")
    message.header.stamp.sec = number
    message.step = image.shape[1] * 3
    message.data = array("B", image.tobytes())
    return message


if __name__ == "__main__":
    main()
