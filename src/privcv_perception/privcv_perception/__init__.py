# SPDX-License-Identifier: Apache-2.0
"""Pixels to metres: sources, detectors, tracker, calibration, frame memory."""
