# SPDX-License-Identifier: Apache-2.0
"""Pixels to metres: sources, detectors, tracker, calibration, frame memory."""

import os

# Before OpenCV is loaded. What FFmpeg and OpenCV print of a broken frame or an address that cannot
# be opened is no line of ours: it names memory, and may hold the password of a camera.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
